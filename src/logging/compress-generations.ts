import {
  createReadStream,
  createWriteStream,
  existsSync,
  fstatSync,
  openSync,
  rmSync,
  statSync,
} from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

let last: Promise<void> = Promise.resolve();

/**
 * Compresses every old file that is not yet, one after the other. They may be renamed meanwhile: by its inode each is
 * found again. What does not work out (a full disk, the end of the process) leaves the file as it was.
 */
export function compressGenerations(generations: readonly string[]): Promise<void> {
  last = last.then(async () => {
    for (const path of [...generations].reverse()) {
      if (existsSync(path)) await compress(path, generations).catch(() => {});
    }
  });
  return last;
}

async function compress(path: string, generations: readonly string[]): Promise<void> {
  const fd = openSync(path, 'r');
  const { ino } = fstatSync(fd);
  const unfinished = `${generations[0] ?? path}.gz.${String(process.pid)}.tmp`;
  try {
    // The mode of the log, and not the one that umask gives: it may be closed to others.
    const mode = fstatSync(fd).mode & 0o777;
    await pipeline(createReadStream('', { fd }), createGzip(), createWriteStream(unfinished, { mode }));
    const now = generations.find((name) => inodeOf(name) === ino);
    if (now === undefined) return;
    await rename(unfinished, `${now}.gz`);
    // Renamed once more in between? Then the name is another file's already.
    if (inodeOf(now) === ino) rmSync(now);
  } finally {
    await rm(unfinished, { force: true });
  }
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}
