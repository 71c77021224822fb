/**
 * The file of a held unix socket. It has two names: its path, and a spare one next to it. Scripts and servers remove
 * the path before they listen, or when they end; the spare name restores it with the same socket, and all who accept
 * from it go on.
 */
import type crypto from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  unlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { asAsker, type Asker } from '../common/as-identity';
import { MAX_PATH_BYTES } from './unix-path';
import { DIRECTORY } from '../common/open-flags';

/** Plain data: a process that takes the socket over gets this, too. */
export interface SocketFile {
  readonly path: string;
  /** Undefined: the file system has no hard links. */
  readonly spare: string | undefined;
  /** Device and inode. A file at the path with another id is not ours. */
  readonly id: string;
  /** It was made with the rights of this process, and is removed with them. */
  readonly asker: Asker | undefined;
}

const PREFIX = '.serverengine-';
const TOKEN_BYTES = 6;

/**
 * The kernel's table has the name with which a socket was bound. This suffix finds a socket there whose path proves
 * nothing.
 */
const BOUND = '~';

/** A name that nobody can predict, to put something there first. */
export function newSpareName(): string {
  // Every parent loads this file, and few have unix sockets.
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the name cannot wait
  const { randomBytes } = require('node:crypto') as typeof crypto;
  return `${PREFIX}${randomBytes(TOKEN_BYTES).toString('hex')}`;
}

/** The name with which the socket of a spare name was bound. */
export function boundName(spare: string): string {
  return `${basename(spare)}${BOUND}`;
}

/**
 * Makes the file. `bind` gets a name and makes the socket there; if it returns an errno, there is no file and the errno
 * is returned. The socket is bound under another name and then moved: libuv removes the name that it bound when the
 * handle is closed, and the path must outlive this process when another one takes the socket over.
 * @throws what the file system throws: EEXIST when something is at the path.
 */
export function makeFile(
  path: string,
  mode: number,
  asker: Asker | undefined,
  bind: (name: string) => number,
): SocketFile | number {
  const directory = dirname(path);
  const spare = join(directory, newSpareName());
  const bound = join(directory, boundName(spare));
  const errno = bindShortly(directory, bound, bind);
  if (errno !== 0) return errno;
  renameSync(bound, spare);
  try {
    if (mode !== 0) chmodSync(spare, (lstatSync(spare).mode & 0o777) | mode);
    const file = { path, id: idOf(spare) ?? '', asker };
    return giveName(spare, path) ? { ...file, spare } : { ...file, spare: undefined };
  } catch (error) {
    unlink(spare);
    throw error;
  }
}

/** A path may be as long as the system allows, and the name next to it longer: then it is bound through its directory. */
function bindShortly(directory: string, name: string, bind: (name: string) => number): number {
  if (Buffer.byteLength(name) <= MAX_PATH_BYTES || process.platform !== 'linux') return bind(name);
  const fd = openSync(directory, constants.O_RDONLY | DIRECTORY);
  try {
    return bind(`/proc/self/fd/${fd}/${basename(name)}`);
  } finally {
    closeSync(fd);
  }
}

/** Unlike rename(), link() never replaces an existing file. False: there is only this name now. */
function giveName(spare: string, path: string): boolean {
  try {
    linkSync(spare, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' || idOf(path) !== undefined) throw error;
    renameSync(spare, path);
    return false;
  }
}

/** Makes sure that the path exists. False: it is lost. */
export function restoreFile({ path, spare, id, asker }: SocketFile): boolean {
  return asAsker(asker, () => {
    if (idOf(path) !== undefined) return true;
    if (spare === undefined || idOf(spare) !== id) return false;
    try {
      linkSync(spare, path);
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EEXIST';
    }
  });
}

/** Removes both names if they still belong to the socket. */
export function removeFile({ path, spare, id, asker }: SocketFile): void {
  asAsker(asker, () => {
    for (const name of [path, spare]) {
      if (name !== undefined && idOf(name) === id) unlink(name);
    }
  });
}

/** For a socket from a process that did not report its file. */
export function fileAt(path: string): SocketFile {
  return { path, spare: undefined, id: idOf(path) ?? '', asker: undefined };
}

/** Device and inode; undefined: nothing is there. */
export function idOf(path: string): string | undefined {
  try {
    const { dev, ino } = lstatSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

/** Every spare name in a directory. */
export function spareNamesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.startsWith(PREFIX) && !name.endsWith(BOUND))
      .map((name) => join(directory, name));
  } catch {
    return [];
  }
}

/** A file that is already gone is fine. */
export function unlink(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // What is left behind is replaced by the next process that listens there.
  }
}
