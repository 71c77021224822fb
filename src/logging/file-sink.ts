import { closeSync, constants, fstatSync, openSync, statSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Clock } from '../common/clock';
import { ConfigError, messageOf } from '../common/errors';
import { BatchedSink } from './batched-sink';

const FLAGS = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY;

/** How often at most the path is looked at for whether it is still our file. */
const LOOK_INTERVAL_MS = 1000;

/** A log file. Several processes may append to it; it may be moved, deleted or emptied under us. */
export class FileSink extends BatchedSink {
  #fd: number;
  #lookAt: number;
  #reported = false;
  readonly #path: string;

  /** @throws ConfigError when the file cannot be opened. */
  constructor(path: string, clock?: Clock) {
    // Absolute: a daemon changes its directory later.
    const absolute = resolve(path);
    const fd = openLog(absolute);
    super('file', fd, clock);
    this.#fd = fd;
    this.#path = absolute;
    this.#lookAt = this.clock.now() + LOOK_INTERVAL_MS;
  }

  override flush(): void {
    if (this.clock.now() >= this.#lookAt) {
      this.#lookAt = this.clock.now() + LOOK_INTERVAL_MS;
      if (this.#isMoved()) this.#swap();
    }
    super.flush();
  }

  override reopen(): void {
    // What was logged before the reopen belongs to the old file.
    super.flush();
    this.#swap();
  }

  override close(): void {
    super.close();
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }

  #isMoved(): boolean {
    try {
      const there = statSync(this.#path);
      const ours = fstatSync(this.#fd);
      return there.ino !== ours.ino || there.dev !== ours.dev;
    } catch {
      return true;
    }
  }

  #swap(): void {
    if (this.#fd < 0) return;
    try {
      const fd = openSync(this.#path, FLAGS);
      const old = this.#fd;
      this.#fd = fd;
      this.writer.replaceFd(fd);
      closeSync(old);
      // What the old file would not take goes to the new one at once.
      this.writer.flushSync(0);
      this.#reported = false;
    } catch (error) {
      this.#reportOnce(error);
    }
  }

  #reportOnce(error: unknown): void {
    if (this.#reported) return;
    this.#reported = true;
    try {
      writeSync(
        2,
        `log file ${this.#path} cannot be reopened, going on with the old one: ${messageOf(error)}\n`,
      );
    } catch {
      // Nobody is left to be told.
    }
  }
}

function openLog(path: string): number {
  try {
    return openSync(path, FLAGS);
  } catch (error) {
    const cure = 'The directory must exist and be writable by the user the server runs as.';
    throw new ConfigError('ERR_CONFIG_INVALID', `log: cannot open ${path}: ${messageOf(error)}. ${cure}`, {
      cause: error,
    });
  }
}
