import { readFile, stat } from 'node:fs/promises';
import { sleep, systemClock, type Clock } from '../common/clock';

// A file that is written in place is complete after this time, or has changed again by the next look.
const SETTLE_MS = 50;
const MOST_LOOKS = 40;

/**
 * Reads a file once nothing is writing to it: a watcher requests a reload at the first byte of the new file, and half
 * of a YAML file is usually valid YAML.
 * @throws what the system throws; Error when the file keeps changing or cannot have an end.
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
  // Reading from a FIFO could wait for a writer for ever.
  if (!found.isFile() && !found.isDirectory()) throw new Error('it is not a regular file');
  const { dev, ino, size, mtimeNs, ctimeNs } = found;
  const ageMs = clock.wallTime() - Number(mtimeNs) / 1e6;
  return {
    state: [dev, ino, size, mtimeNs, ctimeNs].join(' '),
    // On a file server whose clock is ahead, every file would be fresh for ever.
    isFresh: ageMs >= 0 && ageMs < SETTLE_MS,
  };
}
