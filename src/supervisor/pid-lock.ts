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

/** A process, distinguished from every other process that ever has its pid. What the system does not provide is empty. */
interface Holder {
  readonly pid: number;
  /** Its start in ticks since the boot, which no change of the clock affects. */
  readonly ticks: string;
  readonly boot: string;
}

export type Taken =
  /** The lock is ours. The listed processes held it, and are dead. */
  { readonly dead: readonly number[] } | { readonly livePid: number };

const NAME = /^(\d+)-(\d*)-([0-9a-f]*)(?:\.new)?$/;
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | NOFOLLOW;
const FOLDER = constants.O_RDONLY | DIRECTORY | NOFOLLOW;
/** The lock has a holder. The last two are what Windows reports, which never replaces a folder. */
const TAKEN: ReadonlySet<string> = new Set(
  process.platform === 'win32' ? ['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES'] : ['ENOTEMPTY', 'EEXIST'],
);
const MOST_ATTEMPTS = 1000;

/**
 * The lock of the pid file: a folder next to it, `my.pid.lock`, that contains one empty file. The name of the file
 * identifies the holder.
 *
 * To take the lock, a process renames a folder with its own file to that path. rename() succeeds only if the path is
 * free or an empty folder, so only one of several processes can succeed. The file of a dead holder is removed by its
 * name, which is unique, so a latecomer cannot remove the file of a new holder. A process that is killed at any step
 * leaves the lock free.
 */
export class PidLock {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * @param owner gets the folder; undefined: it stays ours.
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
      // Nothing is left at this path if the rename succeeded.
      removeFolder(candidate);
    }
  }

  /**
   * Takes the lock over from the predecessor without releasing it in between. False: the predecessor does not have it.
   */
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

  /** For a file that is about to be moved elsewhere. If we are killed before that, the next holder removes it. */
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

  /**
   * Removes the files of dead holders; returns the pid of a living one if there is one.
   * @throws if it contains something else: it would never become free.
   */
  #clear(dead: Set<number>): number | undefined {
    const names = this.#names();
    for (const name of names) {
      const holder = holderIn(name);
      if (!holder) continue;
      if (isAlive(holder)) return holder.pid;
      dead.add(holder.pid);
      unlinkIfThere(join(this.#path, name));
    }
    const foreign = names.find((name) => !holderIn(name));
    if (foreign !== undefined) {
      throw new Error(
        `the folder ${this.#path} contains '${foreign}', which is not the engine's and must be moved elsewhere`,
      );
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
  // In a container the process can have the same pid in each run.
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
 * Makes the lock readable for everybody. Works on a descriptor, and only if it is the folder that we made: the owner of
 * the parent folder may have replaced it.
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

/** Removes what processes left that were killed before they could try. */
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
