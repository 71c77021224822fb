import {
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { resolve } from 'node:path';
import { actFor } from '../common/act-for';
import { ConfigError, isServerEngineError, messageOf } from '../common/errors';
import { irregularity } from '../common/file-kind';
import type { Identity } from '../common/identity';
import type { Logger } from '../record/logger';
import { PidLock } from './pid-lock';
import { isRunning } from '../common/running';
import { NOFOLLOW, NONBLOCK } from '../common/open-flags';

export interface PidFileOptions {
  /** The process that we take over from: the file may be its own. */
  readonly predecessor?: number | undefined;
  /** The user that this process will switch to, which must be able to remove the file. */
  readonly identity?: Identity | undefined;
}

/**
 * The pid file of the main process. It belongs to one process only, is written whole or not at all, and is removed at
 * the end if it is still ours.
 */
export class PidFile {
  readonly #path: string;
  readonly #lock: PidLock;
  /** The dead process that had it before. */
  readonly #staleOwner: number | undefined;

  /** @throws ConfigError when a live process owns the file, or it cannot be written. */
  constructor(path: string, { predecessor, identity }: PidFileOptions = {}) {
    this.#path = resolve(path);
    this.#lock = new PidLock(lockOf(this.#path));
    try {
      this.#staleOwner =
        predecessor === undefined
          ? actFor(identity, this.#path, (at, owner) => claim(at, this.#path, owner))
          : this.#takeOver(predecessor);
    } catch (error) {
      if (isServerEngineError(error)) throw error;
      throw new ConfigError(
        'ERR_CONFIG_INVALID',
        `pidPath: cannot write ${this.#path}: ${messageOf(error)}. Give a path in a folder that exists and that this user may write to.`,
        { cause: error },
      );
    }
  }

  /** Logs what was found. Separate, because the file is taken before there is a log. */
  report(logger: Logger): void {
    if (this.#staleOwner !== undefined) {
      logger.warn('stale pid file replaced', { path: this.#path, pid: this.#staleOwner });
    }
  }

  /** Never throws: it is the last thing a server does, and its exit status is already known. */
  remove(logger?: Logger): void {
    try {
      if (readPid(this.#path) === process.pid) rmSync(this.#path, { force: true });
    } catch (error) {
      // After a change of user the process may not be able to remove the file from root's folder, but it can empty its
      // own file.
      const fields = { path: this.#path, reason: messageOf(error) };
      logger?.warn(`pid file cannot be removed${emptied(this.#path) ? '; it is emptied' : ''}`, fields);
    }
    // Last: until now no other process could have written the file.
    this.#lock.release();
  }

  #takeOver(predecessor: number): number | undefined {
    if (!this.#lock.inherit(predecessor)) return claim(this.#path, this.#path, undefined, predecessor);
    write(this.#lock, this.#path, undefined);
    return undefined;
  }
}

function lockOf(path: string): string {
  return `${path}.lock`;
}

/** @returns the pid of the dead process that had the file. */
function claim(
  at: string,
  path: string,
  owner: Identity | undefined,
  predecessor?: number,
): number | undefined {
  const there = lstatSync(at, { throwIfNoEntry: false });
  const kind = there && !there.isSymbolicLink() ? irregularity(there) : undefined;
  if (kind !== undefined) throw new Error(`there is ${kind}`);
  const lock = new PidLock(lockOf(at));
  const taken = lock.take(owner);
  if ('livePid' in taken) throw belongsTo(path, taken.livePid);
  try {
    const pid = readPid(at);
    const isForeign = pid !== undefined && pid !== process.pid && pid !== predecessor;
    // Without a lock, something else wrote the file, and the pid is all we know.
    if (isForeign && !taken.dead.includes(pid) && isRunning(pid)) throw belongsTo(path, pid);
    write(lock, at, owner);
    return isForeign ? pid : undefined;
  } catch (error) {
    lock.release();
    throw error;
  }
}

function belongsTo(path: string, pid: number): ConfigError {
  return new ConfigError(
    'ERR_ENGINE_STATE',
    `pidPath: ${path} belongs to process ${pid}, which is running. Stop it first, or give another pidPath.`,
  );
}

function write(lock: PidLock, at: string, owner: Identity | undefined): void {
  const temporary = lock.temporaryPath;
  const text = `${process.pid}\n`;
  try {
    const fd = openSync(
      temporary,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | NOFOLLOW,
      0o644,
    );
    try {
      writeSync(fd, text);
      if (owner) fchownSync(fd, owner.uid ?? -1, owner.gid);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, at);
  } catch (error) {
    rmSync(temporary, { force: true });
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EPERM') throw error;
    // For a successor that is not root in a folder of root: the file itself belongs to this user.
    if (!writtenInPlace(at, text)) throw error;
  }
}

/** In one step, with the rest of the old text as empty lines: a reader sees the old pid or the new one. */
function writtenInPlace(path: string, text: string): boolean {
  return withOwnFile(path, (fd, size) => {
    writeSync(fd, text.padEnd(size, '\n'), 0);
    ftruncateSync(fd, text.length);
  });
}

function emptied(path: string): boolean {
  return withOwnFile(path, (fd) => ftruncateSync(fd));
}

function withOwnFile(path: string, act: (fd: number, size: number) => void): boolean {
  try {
    const fd = openSync(path, constants.O_WRONLY | NOFOLLOW | NONBLOCK);
    try {
      const stats = fstatSync(fd);
      if (!stats.isFile() || stats.nlink !== 1 || stats.uid !== process.geteuid?.()) return false;
      act(fd, stats.size);
      return true;
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
}

const LONGEST_PID = 32;

function readPid(path: string): number | undefined {
  try {
    const fd = openSync(path, constants.O_RDONLY | NONBLOCK);
    try {
      if (!fstatSync(fd).isFile()) return undefined;
      const start = Buffer.alloc(LONGEST_PID);
      const pid = Number.parseInt(start.toString('latin1', 0, readSync(fd, start)), 10);
      return pid > 0 ? pid : undefined;
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}
