import {
  closeSync,
  constants,
  createReadStream,
  createWriteStream,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { isThere } from '../common/running';
import { temporaryNameFor } from '../common/temporary-name';
import { NOFOLLOW, NONBLOCK } from '../common/open-flags';

/** Neither led elsewhere by a link nor held up by a FIFO: the folder may be open to others. */
const READ = constants.O_RDONLY | NOFOLLOW | NONBLOCK;

let last: Promise<void> = Promise.resolve();

/**
 * Compresses every old file that is not yet, one after the other. They may be renamed meanwhile: by its inode each is
 * found again. What does not work out (a full disk, the end of the process) leaves the file as it was.
 */
export function compressGenerations(generations: readonly string[]): Promise<void> {
  // Nobody waits for it: a folder that is gone must neither end the process nor stop every later compression.
  last = last.then(() => compressAll(generations)).catch(() => {});
  return last;
}

async function compressAll(generations: readonly string[]): Promise<void> {
  removeLeftOvers(generations);
  for (const path of [...generations].reverse()) {
    if (existsSync(path)) await compress(path, generations).catch(() => {});
  }
}

async function compress(path: string, generations: readonly string[]): Promise<void> {
  const fd = openSync(path, READ);
  const stats = fstatSync(fd);
  if (!stats.isFile()) {
    closeSync(fd);
    return;
  }
  const unfinished = temporaryNameFor(`${generations[0] ?? path}.gz`);
  const removeUnfinished = (): void => rmSync(unfinished, { force: true });
  // The process may end meanwhile.
  process.once('exit', removeUnfinished);
  try {
    // The mode of the log, and not the one that umask gives: it may be closed to others.
    const mode = stats.mode & 0o777;
    const target = createWriteStream(unfinished, { mode, flags: 'wx' });
    await pipeline(createReadStream('', { fd }), createGzip(), target);
    const now = generations.find((name) => inodeOf(name) === stats.ino);
    if (now === undefined) return;
    // At once: a rotation in between would rename both, and the end of the process leave both.
    renameSync(unfinished, `${now}.gz`);
    rmSync(now);
  } finally {
    process.removeListener('exit', removeUnfinished);
    await rm(unfinished, { force: true });
  }
}

/** Of processes that were killed in the middle of it. */
function removeLeftOvers([first]: readonly string[]): void {
  if (first === undefined) return;
  const folder = dirname(first);
  const prefix = `${basename(first)}.gz.`;
  for (const name of readdirSync(folder)) {
    const pid = name.startsWith(prefix)
      ? /^(\d+)(?:-\w+)?\.tmp$/.exec(name.slice(prefix.length))?.[1]
      : undefined;
    if (pid !== undefined && !isThere(Number(pid))) rmSync(join(folder, name), { force: true });
  }
}

function inodeOf(path: string): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.ino;
}
