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

/** Follows no link and blocks on no FIFO: the folder may be writable by others. */
const READ = constants.O_RDONLY | NOFOLLOW | NONBLOCK;

let last: Promise<void> = Promise.resolve();

/**
 * Compresses every old file that is not compressed yet, one after the other. They may be renamed meanwhile: each is
 * found again by its inode. If it fails (a full disk, the end of the process), the file stays as it was.
 */
export function compressGenerations(generations: readonly string[]): Promise<void> {
  // Nothing waits for this: a missing folder must neither end the process nor stop later compressions.
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
    // The mode of the log, not the one that the umask gives: the log may be closed to others.
    const mode = stats.mode & 0o777;
    const target = createWriteStream(unfinished, { mode, flags: 'wx' });
    await pipeline(createReadStream('', { fd }), createGzip(), target);
    const now = generations.find((name) => inodeOf(name) === stats.ino);
    if (now === undefined) return;
    // Synchronously: a rotation in between would rename both, and the end of the process leave both.
    renameSync(unfinished, `${now}.gz`);
    rmSync(now);
  } finally {
    process.removeListener('exit', removeUnfinished);
    await rm(unfinished, { force: true });
  }
}

/** Leftovers of processes that were killed while compressing. */
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
