import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  unlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Identity } from '../common/identity';
import { startTicks } from '../common/proc-stat';
import { isRunning } from '../common/running';
import { DIRECTORY, NOFOLLOW } from '../common/open-flags';

/** A process, told apart from every other one that ever has its pid. What the system does not tell is empty. */
interface Holder {
  readonly pid: number;
  /** When it began, in ticks since the boot: no clock that is set changes them. */
  readonly ticks: string;
  readonly boot: string;
}

export type Taken =
  /** It is ours. Those processes had it, and are no more. */
  { readonly dead: readonly number[] } | { readonly livePid: number };

const NAME = /^(\d+)-(\d*)-([0-9a-f]*)(?:\.new)?$/;
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | NOFOLLOW;
const FOLDER = constants.O_RDONLY | DIRECTORY | NOFOLLOW;
/** The lock holds somebody. Windows says the latter two, and never replaces a folder. */
const TAKEN: ReadonlySet<string> = new Set(
  process.platform === 'win32' ? ['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES'] : ['ENOTEMPTY', 'EEXIST'],
);
const MOST_ATTEMPTS = 1000;

/**
 * Who has the pid file: a folder beside it, `my.pid.lock`, with one empty file in it whose name is its holder.
 *
 * A folder that holds one is renamed to that place, and rename() does so only if nothing or an empty folder is there:
 * of several that try, one succeeds. What a dead holder left is removed by its name, which no other ever has, so that
 * who comes late cannot remove what another one has put there meanwhile. Killed at any step, it leaves the lock free.
 */
export class PidLock {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * @param owner to whom the folder is given; undefined: it stays ours.
   * @throws what the file system throws.
   */
  take(owner: Identity | undefined): Taken {
    const dead = new Set<number>();
    const candidate = makeCandidate(this.#path, owner);
    try {
      for (let left = MOST_ATTEMPTS; !this.#isPutInPlace(candidate, left); left -= 1) {
        const livePid = this.#clear(dead);
        if (livePid !== undefined) return { livePid };
      }
      removeLeftOvers(this.#path);
      return { dead: [...dead] };
    } finally {
      // Nothing is there any more where it was put in its place.
      removeFolder(candidate);
    }
  }

  /** Takes it over from the predecessor, without a moment in which no process has it. False: the predecessor has none. */
  inherit(predecessor: number): boolean {
    const theirs = this.#names().filter((name) => holderIn(name)?.pid === predecessor);
    if (theirs.length === 0) return false;
    try {
      closeSync(openSync(join(this.#path, ownName()), NEW_FILE, 0o644));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false;
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    for (const name of theirs) removeFile(join(this.#path, name));
    return true;
  }

  /** For a file that is about to be moved elsewhere. If we are killed before, the next one removes it. */
  get temporaryPath(): string {
    return join(this.#path, `${ownName()}.new`);
  }

  /** Never throws. */
  release(): void {
    removeFile(join(this.#path, ownName()));
    quietly(() => rmdirSync(this.#path));
  }

  #isPutInPlace(candidate: string, attemptsLeft: number): boolean {
    try {
      renameSync(candidate, this.#path);
      return true;
    } catch (error) {
      if (attemptsLeft > 0 && TAKEN.has(codeOf(error))) return false;
      if (codeOf(error) !== 'ENOTDIR') throw error;
      throw new Error(
        `${this.#path} belongs to something else, and the engine needs a folder with this name`,
        {
          cause: error,
        },
      );
    }
  }

  /** Makes way for us where only the dead are; else the pid of one who lives. */
  #clear(dead: Set<number>): number | undefined {
    for (const name of this.#names()) {
      const holder = holderIn(name);
      if (!holder) continue;
      if (isAlive(holder)) return holder.pid;
      dead.add(holder.pid);
      unlinkIfThere(join(this.#path, name));
    }
    quietly(() => rmdirSync(this.#path));
    return undefined;
  }

  #names(): readonly string[] {
    try {
      return readdirSync(this.#path);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    }
  }
}

function isAlive({ pid, ticks, boot }: Holder): boolean {
  // In a container every life has the same pid.
  if (pid === process.pid) return false;
  if (boot !== '' && bootId() !== '' && boot !== bootId()) return false;
  if (!isRunning(pid)) return false;
  const actual = startTicks(pid);
  return actual === undefined || ticks === '' || actual === ticks;
}

function holderIn(name: string): Holder | undefined {
  const [, pid, ticks, boot] = NAME.exec(name) ?? [];
  return pid === undefined ? undefined : { pid: Number(pid), ticks: ticks ?? '', boot: boot ?? '' };
}

function ownName(): string {
  return `${String(process.pid)}-${startTicks(process.pid) ?? ''}-${bootId()}`;
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').replace(/[^0-9a-f]/g, '');
  } catch {
    return '';
  }
}

function makeCandidate(lock: string, owner: Identity | undefined): string {
  const path = mkdtempSync(`${lock}.${String(process.pid)}-`);
  try {
    closeSync(openSync(join(path, ownName()), NEW_FILE, 0o644));
    openUp(path, owner);
    return path;
  } catch (error) {
    removeFolder(path);
    throw error;
  }
}

/**
 * Everybody may see who has it. By its descriptor, and only if it is what we have made: who owns the folder around it
 * may have exchanged it.
 */
function openUp(path: string, owner: Identity | undefined): void {
  if (process.platform === 'win32') return;
  const fd = openSync(path, FOLDER);
  try {
    const { uid, mode } = fstatSync(fd);
    const held = `/proc/self/fd/${String(fd)}`;
    const names = readdirSync(existsSync(held) ? held : path);
    const isOurs = uid === process.geteuid?.() && (mode & 0o777) === 0o700;
    if (!isOurs || names.length !== 1 || names[0] !== ownName())
      throw new Error(`${path} was replaced in the meantime`);
    fchmodSync(fd, 0o755);
    if (owner) fchownSync(fd, owner.uid ?? -1, owner.gid);
  } finally {
    closeSync(fd);
  }
}

/** Of processes that were killed before they could try. */
function removeLeftOvers(lock: string): void {
  const prefix = `${basename(lock)}.`;
  quietly(() => {
    for (const name of readdirSync(dirname(lock))) {
      const pid = name.startsWith(prefix) ? /^(\d+)-\w+$/.exec(name.slice(prefix.length))?.[1] : undefined;
      if (pid !== undefined && !isRunning(Number(pid))) removeFolder(join(dirname(lock), name));
    }
  });
}

function removeFolder(path: string): void {
  quietly(() => {
    for (const name of readdirSync(path)) if (holderIn(name)) removeFile(join(path, name));
    rmdirSync(path);
  });
}

function removeFile(path: string): void {
  quietly(() => unlinkSync(path));
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

function quietly(act: () => void): void {
  try {
    act();
  } catch {
    // The next process does it.
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}
