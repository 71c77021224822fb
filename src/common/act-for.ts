import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { asAsker } from './as-identity';
import { mayChange, type Identity } from './identity';
import { DIRECTORY, NOFOLLOW } from './open-flags';

/** Does something at a path. With `owner`, root acts for that user, and must give the result to that user. */
type Act<T> = (at: string, owner: Identity | undefined) => T;

/** A link at the path itself: either the link is meant, or (if root has made it) the file that it leads to. */
type LastLink = 'is meant' | 'is followed';

const DENIED: ReadonlySet<string> = new Set(['EACCES', 'EPERM']);
const DESCRIPTORS = '/proc/self/fd';
const FOLDER = constants.O_RDONLY | DIRECTORY;
/** As many as the kernel follows. */
const MOST_LINKS = 40;

/**
 * Does something at a path for the user that this process is about to become. It uses the rights of that user if they
 * are enough: root would follow any link there, so that any file of the system could be written to or given away. If
 * they are not enough, root acts, in a folder that was reached without following links of other users, and that is held
 * by its descriptor.
 * @throws what `act` throws.
 */
export function actFor<T>(
  identity: Identity | undefined,
  path: string,
  act: Act<T>,
  last: LastLink = 'is meant',
): T {
  if (!identity || !mayChange() || isRoot(identity)) return act(path, undefined);
  try {
    return asAsker({ identity, umask: undefined }, () => act(path, undefined));
  } catch (error) {
    if (!DENIED.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
  return inSafeFolder(resolve(path), last, (at) => act(at, identity));
}

function isRoot({ uid }: Identity): boolean {
  return uid === undefined || uid === 0;
}

function inSafeFolder<T>(path: string, last: LastLink, act: (at: string) => T, links = 0): T {
  // Only Linux can reach the files of a folder through its descriptor.
  if (!lstatSync(DESCRIPTORS, { throwIfNoEntry: false })) return act(path);
  const folder = dirname(path);
  const fd = openFolder(folder);
  const held = `${DESCRIPTORS}/${String(fd)}`;
  const at = join(held, basename(path));
  try {
    const target = last === 'is followed' && links < MOST_LINKS ? linkOfRoot(fd, at, path) : undefined;
    return target === undefined ? act(at) : inSafeFolder(resolve(folder, target), last, act, links + 1);
  } catch (error) {
    if (error instanceof Error) error.message = error.message.replaceAll(held, folder);
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** Step by step: only links that nobody but root can have made are followed. */
function openFolder(path: string): number {
  let fd = openSync('/', FOLDER);
  try {
    let names = namesIn(path);
    for (let links = 0; ;) {
      const [name, ...rest] = names;
      if (name === undefined) return fd;
      const at = `${DESCRIPTORS}/${String(fd)}/${name}`;
      const target = linkOfRoot(fd, at, path);
      if (target !== undefined && (links += 1) > MOST_LINKS)
        throw new Error(`too many symbolic links in ${path}`);
      if (target === undefined || isAbsolute(target)) {
        const next = openSync(target === undefined ? at : '/', FOLDER | NOFOLLOW);
        closeSync(fd);
        fd = next;
      }
      names = target === undefined ? rest : [...namesIn(target), ...rest];
    }
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function namesIn(path: string): readonly string[] {
  return path.split(sep).filter((name) => name !== '' && name !== '.');
}

function linkOfRoot(folder: number, at: string, path: string): string | undefined {
  const there = lstatSync(at, { throwIfNoEntry: false });
  if (!there?.isSymbolicLink()) return undefined;
  if (there.uid === 0 && fstatSync(folder).uid === 0) return readlinkSync(at);
  throw new Error(
    `on the way to ${path} there is a symbolic link (${basename(at)}) of user ${String(there.uid)}, which root does not follow`,
  );
}
