import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError, messageOf } from '../common/errors';
import type { Logger } from '../logging/logger';

// /proc counts process times in these.
const TICKS_PER_SECOND = 100;

// A process that began this long after its pid file was written is another one that got the same pid.
const REUSE_SLACK_MS = 2000;

/** The pid file of the top process: written whole or not at all, removed at the end if it is still ours. */
export class PidFile {
  readonly #path: string;

  /** @throws ConfigError when a live process owns the file, or it cannot be written. */
  constructor(path: string, logger: Logger) {
    this.#path = resolve(path);
    const owner = readPid(this.#path);
    if (owner !== undefined && owner !== process.pid) {
      if (isOwnerAlive(owner, this.#path)) {
        throw new ConfigError(
          'ERR_ENGINE_STATE',
          `pidPath: ${this.#path} belongs to process ${owner}, which is running. Stop it first, or give another pidPath.`,
        );
      }
      logger.warn('stale pid file replaced', { path: this.#path, pid: owner });
    }
    const temporary = `${this.#path}.${process.pid}`;
    try {
      writeFileSync(temporary, `${process.pid}\n`, { mode: 0o644 });
      renameSync(temporary, this.#path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw new ConfigError(
        'ERR_CONFIG_INVALID',
        `pidPath: cannot write ${this.#path}: ${messageOf(error)}.`,
        {
          cause: error,
        },
      );
    }
  }

  remove(): void {
    if (readPid(this.#path) === process.pid) rmSync(this.#path, { force: true });
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

function isOwnerAlive(pid: number, path: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const startedAt = startTimeMs(pid);
  return startedAt === undefined || startedAt <= statSync(path).mtimeMs + REUSE_SLACK_MS;
}

/** When a process began, in milliseconds since 1970; undefined where /proc does not tell. */
function startTimeMs(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name, field 2, may hold spaces and brackets.
    const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
    const boot = /^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'));
    return boot ? Number(boot[1]) * 1000 + (ticks / TICKS_PER_SECOND) * 1000 : undefined;
  } catch {
    return undefined;
  }
}
