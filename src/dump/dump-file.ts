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
  // Windows has neither. Without NONBLOCK, opening a FIFO would wait for a reader.
  NOFOLLOW |
  NONBLOCK;

/** The errors that show what is at the path. */
const REASONS: Readonly<Record<string, string>> = {
  ELOOP: 'there is a symbolic link',
  ENXIO: 'there is a FIFO or a socket',
  EISDIR: 'there is a directory',
};

/** Why the file was refused: what is at the path, or what the system did not allow. The message is the whole reason. */
export class DumpRefused extends Error {}

/**
 * Appends to a file of our own that nobody else can write, mode 0600. Directories for temporary files are open to all:
 * a link, a pipe or a file that another user has put there in advance is not written to.
 *
 * Synchronous, because a process that must write a dump may have no free thread in the pool.
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
    // Not by making a new file of that name: between the two steps anybody could take the path.
    if (stats.size > LARGEST_BYTES) ftruncateSync(fd, 0);
    writeWhole(fd, Buffer.from(text));
  } catch (error) {
    throw error instanceof DumpRefused ? error : new DumpRefused(reasonOf(error), { cause: error });
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Why this open file must not be written to; undefined: it may be. `uid` is undefined on systems without owners. */
export function whyNotOurs(stats: Pick<Stats, 'isFile' | 'uid' | 'mode' | 'nlink'>, uid: number | undefined) {
  if (!stats.isFile()) return 'there is something that is not a regular file';
  if (uid === undefined) return undefined;
  if (stats.uid !== uid) return `there is a file of another user (${String(stats.uid)})`;
  if ((stats.mode & WRITABLE_BY_OTHERS) !== 0) return 'there is a file that others may write to';
  if (stats.nlink === 0) return 'the file was removed a moment ago';
  // Its other name may be that of an important file of ours.
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
