import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  openSync,
  writeSync,
  type Stats,
} from 'node:fs';
import { NOFOLLOW, NONBLOCK } from '../common/open-flags';

/** A file of this size starts over: dumps on a timer must not fill the disk. */
export const LARGEST_BYTES = 10 * 1024 * 1024;

const OWNER_ONLY = 0o600;
const WRITABLE_BY_OTHERS = 0o022;
const PERMISSIONS = 0o777;

const FLAGS =
  constants.O_WRONLY |
  constants.O_APPEND |
  constants.O_CREAT |
  // Both are missing on Windows. Without the latter the opening of a FIFO would wait for a reader.
  NOFOLLOW |
  NONBLOCK;

/** The errors by which the system tells what lies at the path. */
const REASONS: Readonly<Record<string, string>> = {
  ELOOP: 'there is a symbolic link',
  ENXIO: 'there is a FIFO or a socket',
  EISDIR: 'there is a directory',
};

/** What is at the path, or what the system did not allow. The message is the whole reason. */
export class DumpRefused extends Error {}

/**
 * Appends to a file of our own that nobody else can write, mode 0600. Directories for temporary files are open to all:
 * whatever somebody laid there in advance, a link, a pipe, a file of theirs, is not written to.
 *
 * Synchronous, because a process whose dump is wanted may have no thread of the pool to spare.
 * @throws DumpRefused
 */
export function appendDump(path: string, text: string): void {
  let fd: number | undefined;
  try {
    fd = openSync(path, FLAGS, OWNER_ONLY);
    const stats = fstatSync(fd);
    const reason = whyNotOurs(stats, process.geteuid?.());
    if (reason !== undefined) throw new DumpRefused(reason);
    if ((stats.mode & PERMISSIONS) !== OWNER_ONLY) fchmodSync(fd, OWNER_ONLY);
    // Not by a new file of that name: between the two steps the place would be free for anybody.
    if (stats.size > LARGEST_BYTES) ftruncateSync(fd, 0);
    writeWhole(fd, Buffer.from(text));
  } catch (error) {
    throw error instanceof DumpRefused ? error : new DumpRefused(reasonOf(error), { cause: error });
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Why this open file is not to be written to; undefined: it may be. `uid` is undefined where there are no owners. */
export function whyNotOurs(stats: Pick<Stats, 'isFile' | 'uid' | 'mode' | 'nlink'>, uid: number | undefined) {
  if (!stats.isFile()) return 'there is something that is not a regular file';
  if (uid === undefined) return undefined;
  if (stats.uid !== uid) return `there is a file of another user (${String(stats.uid)})`;
  if ((stats.mode & WRITABLE_BY_OTHERS) !== 0) return 'there is a file that others may write to';
  if (stats.nlink === 0) return 'the file was removed a moment ago';
  // Another name of it may be that of a file which is ours, and precious.
  if (stats.nlink > 1) return 'there is a hard link to another file';
  return undefined;
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return REASONS[code ?? ''] ?? message;
}

function writeWhole(fd: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
}
