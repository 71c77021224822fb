import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  mkdtempSync,
  openSync,
  rmdirSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { writeHeapSnapshot } from 'node:v8';
import { DIRECTORY, NOFOLLOW } from '../common/open-flags';

const FOLDER = constants.O_RDONLY | DIRECTORY | NOFOLLOW;
const OWNER_ONLY = 0o600;

/**
 * Writes a snapshot of this thread's heap and returns its path. The process stands still meanwhile.
 *
 * It goes into a directory made for it, 0700 and with a random name: V8 opens the file itself, and would follow a link
 * that another user has put there in advance. A stream into a file that we opened would hold the whole snapshot in
 * memory.
 * @throws whatever prevents it from being written.
 */
export function saveHeapSnapshot(dir: string, name: string): { path: string; bytes: number } {
  const own = mkdtempSync(join(dir, `${name}-heap-`));
  const file = `${name}.heapsnapshot`;
  const held = process.platform === 'win32' ? undefined : openSync(own, FOLDER);
  try {
    const folder = held === undefined ? own : heldFolder(held, own);
    writeHeapSnapshot(join(folder, file));
    closeToOthers(join(folder, file));
    return { path: join(own, file), bytes: statSync(join(folder, file)).size };
  } catch (error) {
    removeQuietly(own, file);
    throw error;
  } finally {
    if (held !== undefined) closeSync(held);
  }
}

/** The owner of the parent folder may have replaced it: a descriptor is safe from that. */
function heldFolder(fd: number, path: string): string {
  const { uid, mode } = fstatSync(fd);
  if (uid !== process.geteuid?.() || (mode & 0o077) !== 0)
    throw new Error(`${path} was replaced in the meantime`);
  const held = `/proc/self/fd/${String(fd)}`;
  // /proc may be missing, or closed to a process that has changed its user.
  return existsSync(held) ? held : path;
}

function closeToOthers(path: string): void {
  const fd = openSync(path, constants.O_RDONLY | NOFOLLOW);
  try {
    fchmodSync(fd, OWNER_ONLY);
  } finally {
    closeSync(fd);
  }
}

/** Not recursively: whatever is at that path by now would be removed with its content. */
function removeQuietly(folder: string, file: string): void {
  try {
    unlinkSync(join(folder, file));
  } catch {
    // There is none yet.
  }
  try {
    rmdirSync(folder);
  } catch {
    // It is gone, or no longer ours.
  }
}
