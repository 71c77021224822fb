/**
 * The file of a unix socket that is held. It has two names: its path, and a spare one beside it. Scripts and servers
 * remove the path before they listen, or when they end; the spare name brings it back with the same socket, and all
 * who accept from it go on.
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

/** Plain data: who takes the socket over takes this over. */
export interface SocketFile {
  readonly path: string;
  /** Undefined: the file system has no second names. */
  readonly spare: string | undefined;
  /** Device and inode. What is at the path with another one is not ours. */
  readonly id: string;
  /** Made with its rights, and removed so. */
  readonly asker: Asker | undefined;
}

const PREFIX = '.serverengine-';
const TOKEN_BYTES = 6;

/** By its name in the kernel's table, the one that it was bound with, a socket is found whose path tells nothing. */
const BOUND = '~';

/** Nobody can know it before and put something there. */
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
 * Makes the file. `bind` gets a name and makes the socket there; what it returns is returned, when it is an errno
 * without a file. It is bound beside its place and then moved: libuv removes the name that it bound when the handle is
 * closed, and the path must outlive this process when another one takes the socket over.
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

/** A path may be as long as the system allows, and the name beside it longer: then it is bound by way of its directory. */
function bindShortly(directory: string, name: string, bind: (name: string) => number): number {
  if (Buffer.byteLength(name) <= MAX_PATH_BYTES || process.platform !== 'linux') return bind(name);
  const fd = openSync(directory, constants.O_RDONLY | DIRECTORY);
  try {
    return bind(`/proc/self/fd/${fd}/${basename(name)}`);
  } finally {
    closeSync(fd);
  }
}

/** Unlike rename(), link() never replaces what is there. False: it is the only name now. */
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

/** Sees that something is at the path. False: it is lost for good. */
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

/** Removes both names, where they are still its own. */
export function removeFile({ path, spare, id, asker }: SocketFile): void {
  asAsker(asker, () => {
    for (const name of [path, spare]) {
      if (name !== undefined && idOf(name) === id) unlink(name);
    }
  });
}

/** Of a socket that came from a process which did not tell of its file. */
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

/** Gone already is as good. */
export function unlink(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // What is left behind is replaced by who listens there next.
  }
}
