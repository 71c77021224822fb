import { linkSync, lstatSync, readFileSync, renameSync } from 'node:fs';
import net from 'node:net';
import { dirname, join } from 'node:path';
import { asAsker, type Asker } from '../common/as-identity';
import { boundName, idOf, newSpareName, spareNamesIn, unlink } from './unix-file';

/**
 * Makes sure that nothing is at the path: a socket that a killed process has left there is moved aside. Anything else,
 * including a socket in use, is not touched. Resolves with a function to call when the new socket is in place;
 * undefined: the path is in use.
 */
export async function makeWay(path: string, asker?: Asker): Promise<(() => void) | undefined> {
  // If it may not even see the path, it cannot make a socket there: bind() gives the better error.
  const id = asAsker(asker, () => idOf(path));
  if (id === undefined) {
    await removeOrphans(dirname(path), asker);
    return () => {};
  }
  const spares = asAsker(asker, () => spareNamesIn(dirname(path)).filter((spare) => idOf(spare) === id));
  if (!asAsker(asker, () => isSocket(path))) return undefined;
  if (isBound(spares) || !(await isDead(path, asker))) return undefined;
  const aside = asAsker(asker, () => takeAway(path, id));
  if (aside === undefined) return undefined;
  // Not at once: the new socket must not get the same inode number, by which others would take it for the dead one.
  return () =>
    asAsker(asker, () => {
      for (const name of [aside, ...spares]) unlink(name);
    });
}

function isSocket(path: string): boolean {
  try {
    return lstatSync(path).isSocket();
  } catch {
    return false;
  }
}

/** For a path that only one process has ever had: no other process will listen there. */
export async function removeIfDead(path: string): Promise<void> {
  if (isSocket(path) && (await isDead(path, undefined))) unlink(path);
}

const NOBODY_LISTENS: readonly unknown[] = ['ECONNREFUSED', 'ENOENT'];

/** Any other outcome, such as no right to connect or a full queue, may be a sign of life. */
async function isDead(path: string, asker: Asker | undefined): Promise<boolean> {
  // The system call is made at once; its outcome comes later.
  const probe = asAsker(asker, () => net.connect(path));
  const code = await new Promise<unknown>((resolve) => {
    probe.once('connect', () => resolve(undefined));
    probe.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
  });
  hangUp(probe);
  return NOBODY_LISTENS.includes(code);
}

const HANG_UP_MS = 1000;

/** Its data is read: closing at once would be an error at the other end, which may not be ready for one. */
function hangUp(probe: net.Socket): void {
  probe.unref();
  probe.resume().end();
  probe.setTimeout(HANG_UP_MS, () => probe.destroy());
}

/**
 * Whether some process has a socket of ours with one of these spare names. A socket that is bound, but on which nothing
 * listens yet, refuses connections as if it were dead. The path itself proves nothing: other containers may have the
 * same.
 */
function isBound(spares: readonly string[]): boolean {
  const ends = spares.map((spare) => `/${boundName(spare)}`);
  try {
    const table = readFileSync('/proc/net/unix', 'utf8').split('\n');
    return table.some((line) => ends.some((end) => line.endsWith(end)));
  } catch {
    // Other systems show no more than connect() does.
    return false;
  }
}

/** Spare names whose path was removed after the process was killed. */
async function removeOrphans(directory: string, asker: Asker | undefined): Promise<void> {
  for (const spare of asAsker(asker, () => spareNamesIn(directory))) {
    if (!isSocket(spare) || isBound([spare]) || !(await isDead(spare, asker))) continue;
    asAsker(asker, () => unlink(spare));
  }
}

/**
 * Moves the file first and checks it then: two processes that start at the same time must not remove each other's
 * socket.
 */
function takeAway(path: string, id: string): string | undefined {
  const aside = join(dirname(path), newSpareName());
  try {
    renameSync(path, aside);
  } catch {
    return undefined;
  }
  if (idOf(aside) === id) return aside;
  giveBack(aside, path);
  unlink(aside);
  return undefined;
}

function giveBack(aside: string, path: string): void {
  try {
    linkSync(aside, path);
  } catch {
    // A third process has created one by now.
  }
}
