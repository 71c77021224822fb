import { linkSync, lstatSync, readFileSync, renameSync } from 'node:fs';
import net from 'node:net';
import { dirname, join } from 'node:path';
import { asAsker, type Asker } from '../common/as-identity';
import { boundName, idOf, newSpareName, spareNamesIn, unlink } from './unix-file';

/**
 * Sees that nothing is at the path: a socket that a killed process has left there is moved aside. One that lives is not
 * touched, nor anything else. Resolves with a function to call when the new one is in place; undefined: the path is in use.
 */
export async function makeWay(path: string, asker?: Asker): Promise<(() => void) | undefined> {
  // What it may not even see, it cannot make a socket beside: bind() has the better error.
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
  // Not at once: the number of its inode must not be given to the new one, by which others would take that for dead.
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

/** Of a path that one process alone has ever had: nobody else comes to listen there. */
export async function removeIfDead(path: string): Promise<void> {
  if (isSocket(path) && (await isDead(path, undefined))) unlink(path);
}

const NOBODY_LISTENS: readonly unknown[] = ['ECONNREFUSED', 'ENOENT'];

/** Whatever else comes of it, no right to connect or a full queue, may be a sign of life. */
async function isDead(path: string, asker: Asker | undefined): Promise<boolean> {
  // The system call is made at once, what comes of it is told later.
  const probe = asAsker(asker, () => net.connect(path));
  const code = await new Promise<unknown>((resolve) => {
    probe.once('connect', () => resolve(undefined));
    probe.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
  });
  hangUp(probe);
  return NOBODY_LISTENS.includes(code);
}

const HANG_UP_MS = 1000;

/** What it says is read: closing at once would be an error at the other side, which need not be ready for one. */
function hangUp(probe: net.Socket): void {
  probe.unref();
  probe.resume().end();
  probe.setTimeout(HANG_UP_MS, () => probe.destroy());
}

/**
 * Whether some process has a socket of ours with one of these spare names. One that is bound, and on which nobody
 * listens yet, refuses connects as if it were dead. The path itself proves nothing: other containers may have the same.
 */
function isBound(spares: readonly string[]): boolean {
  const ends = spares.map((spare) => `/${boundName(spare)}`);
  try {
    const table = readFileSync('/proc/net/unix', 'utf8').split('\n');
    return table.some((line) => ends.some((end) => line.endsWith(end)));
  } catch {
    // Other systems tell no more than connect() does.
    return false;
  }
}

/** Second names whose path somebody has removed after the process was killed. */
async function removeOrphans(directory: string, asker: Asker | undefined): Promise<void> {
  for (const spare of asAsker(asker, () => spareNamesIn(directory))) {
    if (!isSocket(spare) || isBound([spare]) || !(await isDead(spare, asker))) continue;
    asAsker(asker, () => unlink(spare));
  }
}

/** Moved first and looked at then: two who start at the same time must not remove the socket of each other. */
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
    // A third one is there by now.
  }
}
