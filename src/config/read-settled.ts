import { readFile, stat } from 'node:fs/promises';
import { sleep, systemClock, type Clock } from '../common/clock';

// Who writes a file in place does it within this, or goes on writing so that the next look sees another file.
const SETTLE_MS = 50;
const MOST_LOOKS = 40;

/**
 * The text of a file that nobody is writing at the moment: a reload that is asked for by a watcher comes with the
 * first byte of the new file, and half of a YAML file is most often valid YAML.
 * @throws what the system says; Error when the file never comes to rest or can have no end.
 */
export async function readSettled(path: string, clock: Clock = systemClock): Promise<string> {
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    const before = await look(path, clock);
    const text = await readFile(path, 'utf8');
    const after = await look(path, clock);
    if (before.state === after.state && (!after.isFresh || (await staysSo(path, after.state, clock))))
      return text;
  }
  throw new Error('it keeps changing');
}

async function staysSo(path: string, state: string, clock: Clock): Promise<boolean> {
  await sleep(clock, SETTLE_MS);
  return (await look(path, clock)).state === state;
}

interface Look {
  /** Another one: the file was written or replaced. */
  readonly state: string;
  readonly isFresh: boolean;
}

async function look(path: string, clock: Clock): Promise<Look> {
  const found = await stat(path, { bigint: true });
  // To read from a FIFO would wait for a writer for ever.
  if (!found.isFile() && !found.isDirectory()) throw new Error('it is not a regular file');
  const { dev, ino, size, mtimeNs, ctimeNs } = found;
  const ageMs = clock.wallTime() - Number(mtimeNs) / 1e6;
  return {
    state: [dev, ino, size, mtimeNs, ctimeNs].join(' '),
    // Of a file server whose clock is ahead every file would be fresh for ever.
    isFresh: ageMs >= 0 && ageMs < SETTLE_MS,
  };
}
