import { readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError, messageOf } from '../common/errors';
import { isZombie, startTicks } from '../common/proc-stat';
import type { Logger } from '../logging/logger';

// /proc counts process times in these.
const TICKS_PER_SECOND = 100;

// A process that began this long after its pid file was written is another one that got the same pid.
const REUSE_SLACK_MS = 2000;

/** The pid file of the top process: written whole or not at all, removed at the end if it is still ours. */
export class PidFile {
  /** Absolute. */
  readonly path: string;
  readonly #logger: Logger;

  /**
   * @param predecessor the process that we take over from: the file may be its own.
   * @throws ConfigError when a live process owns the file, or it cannot be written.
   */
  constructor(path: string, logger: Logger, predecessor?: number) {
    this.path = resolve(path);
    this.#logger = logger;
    const owner = readPid(this.path);
    if (owner !== undefined && owner !== process.pid && owner !== predecessor) {
      if (isOwnerAlive(owner, this.path)) {
        throw new ConfigError(
          'ERR_ENGINE_STATE',
          `pidPath: ${this.path} belongs to process ${owner}, which is running. Stop it first, or give another pidPath.`,
        );
      }
      logger.warn('stale pid file replaced', { path: this.path, pid: owner });
    }
    const temporary = `${this.path}.${process.pid}`;
    try {
      writeFileSync(temporary, `${process.pid}\n`, { mode: 0o644 });
      renameSync(temporary, this.path);
    } catch (error) {
      removeQuietly(temporary);
      throw new ConfigError(
        'ERR_CONFIG_INVALID',
        `pidPath: cannot write ${this.path}: ${messageOf(error)}. Give a path in a folder that exists and that this user may write to.`,
        { cause: error },
      );
    }
  }

  /** Never throws: it is the last thing a server does, and its status is known by then. */
  remove(): void {
    if (readPid(this.path) !== process.pid) return;
    try {
      rmSync(this.path, { force: true });
    } catch (error) {
      // Who has become somebody else may not remove it from the folder of root, but may empty what is its own.
      const fields = { path: this.path, reason: messageOf(error) };
      this.#logger.warn(`pid file cannot be removed${emptied(this.path) ? ', it is emptied' : ''}`, fields);
    }
  }
}

function readPid(path: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(path, 'utf8'), 10);
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Why it could not be made is why it cannot be removed.
  }
}

function emptied(path: string): boolean {
  try {
    truncateSync(path);
    return true;
  } catch {
    return false;
  }
}

function isOwnerAlive(pid: number, path: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  // In a container nobody may ever read its status.
  if (isZombie(pid)) return false;
  const startedAt = startTimeMs(pid);
  return startedAt === undefined || startedAt <= statSync(path).mtimeMs + REUSE_SLACK_MS;
}

/** When a process began, in milliseconds since 1970; undefined where /proc does not tell. */
function startTimeMs(pid: number): number | undefined {
  const ticks = startTicks(pid);
  if (ticks === undefined) return undefined;
  try {
    const boot = /^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'));
    return boot ? Number(boot[1]) * 1000 + (Number(ticks) / TICKS_PER_SECOND) * 1000 : undefined;
  } catch {
    return undefined;
  }
}
