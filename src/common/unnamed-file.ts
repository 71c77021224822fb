import { closeSync, constants, fstatSync, openSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { temporaryNameFor } from './temporary-name';

/** An open file without a name: it disappears with the last process that has it open. */
export interface UnnamedFile {
  readonly fd: number;
  readonly dev: number;
  readonly ino: number;
}

const SHARED_MEMORY = '/dev/shm';
// Node has no constant for it. The other half of the flag is O_DIRECTORY, which differs between processors.
const TMPFILE_BIT = 0o20000000;
const MODE = 0o600;

/** In shared memory; otherwise among the temporary files; undefined: both failed. */
export function openUnnamedFile(
  folders: readonly string[] = [SHARED_MEMORY, tmpdir()],
): UnnamedFile | undefined {
  // An open file cannot lose its name there.
  if (process.platform === 'win32') return undefined;
  for (const folder of folders) {
    for (const open of [openUnnamed, openUnlinked]) {
      const file = attempted(() => identified(open(folder)));
      if (file) return file;
    }
  }
  return undefined;
}

function openUnnamed(folder: string): number {
  if (process.platform !== 'linux') throw new Error('no O_TMPFILE');
  return openSync(folder, TMPFILE_BIT | constants.O_DIRECTORY | constants.O_RDWR, MODE);
}

function openUnlinked(folder: string): number {
  const path = temporaryNameFor(join(folder, 'serverengine'));
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, MODE);
  unlinkSync(path);
  return fd;
}

/** @throws when it is not a file: a kernel that does not know the flag opens the folder. */
function identified(fd: number): UnnamedFile {
  const stats = fstatSync(fd);
  if (stats.isFile() && stats.nlink === 0) return { fd, dev: stats.dev, ino: stats.ino };
  closeSync(fd);
  throw new Error('not an unnamed file');
}

function attempted<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
