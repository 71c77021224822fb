import { writeSync } from 'node:fs';
import type { Clock, ClockTimer } from '../common/clock';
import { messageOf } from '../common/errors';
import { BatchedSink } from '../record/batched-sink';
import { LogFile } from './log-file';
import type { Rotation } from './rotation';

/** How often to check whether the path still leads to our file. */
const LOOK_INTERVAL_MS = 1000;
/** Not a descriptor: writes are kept in the writer. */
const NO_FD = -1;

export interface FileSinkOptions {
  readonly rotation: Rotation;
  /** Permissions for a new file. */
  readonly mode: number;
  readonly clock?: Clock | undefined;
}

/** A log file. Several processes may append to it; others may move, delete or empty it, and we may rotate it. */
export class FileSink extends BatchedSink {
  #file: LogFile | undefined;
  #size: number;
  #lookAt: number;
  #looking: ClockTimer | undefined;
  #isReported = false;
  readonly #rotation: Rotation;
  readonly #mode: number;

  /** Takes over the file, which is that of `rotation.path`. */
  constructor(file: LogFile, { rotation, mode, clock }: FileSinkOptions) {
    super('file', file.fd, clock);
    this.#file = file;
    this.#size = file.size;
    this.#rotation = rotation;
    this.#mode = mode;
    this.#lookAt = this.clock.now() + LOOK_INTERVAL_MS;
    this.#keepLooking();
  }

  override flush(): void {
    if (this.clock.now() >= this.#lookAt) this.#look();
    super.flush();
  }

  override reopen(): void {
    // Records from before the reopen belong to the old file.
    super.flush();
    this.#open(this.#rotation.path);
    this.#tend();
  }

  override close(): void {
    if (this.#file) this.flush();
    this.writer.flushSync(0);
    const half = this.writer.halfLineBytes;
    super.close();
    if (half > 0) cutQuietly(this.#file, half);
    this.#looking?.cancel();
    this.#rotation.close();
    this.#file?.close();
    this.#file = undefined;
  }

  protected override writeBatch(batch: Buffer): void {
    this.#rotateFor(batch);
    this.#size += batch.length;
    super.writeBatch(batch);
  }

  protected override onRefused(error: NodeJS.ErrnoException): void {
    if (this.#file) this.#reportOnce('cannot be written', error);
  }

  /** Not while the old file refuses writes: the waiting lines belong there. */
  #rotateFor(batch: Buffer): void {
    const file = this.#file;
    if (!file?.isRegular || !this.writer.isIdle) return;
    try {
      const path = this.#rotation.fileFor(batch, this.#size, () => !file.isMoved);
      if (path !== undefined) this.#open(path);
    } catch (error) {
      this.#reportOnce('cannot be rotated', error);
    }
  }

  #keepLooking(): void {
    const delayMs = Math.max(0, this.#lookAt - this.clock.now());
    this.#looking = this.clock.after(
      delayMs,
      () => {
        if (this.clock.now() >= this.#lookAt) this.#look();
        this.#keepLooking();
      },
      { unref: true },
    );
  }

  #look(): void {
    this.#lookAt = this.clock.now() + LOOK_INTERVAL_MS;
    try {
      // This also notices that the file was emptied.
      if (this.#file && !this.#file.isMoved) this.#size = this.#file.size;
      else this.#open(this.#rotation.path);
    } catch (error) {
      this.#reportOnce('cannot be checked', error);
    }
    this.#tend();
  }

  #tend(): void {
    try {
      this.#rotation.tend();
    } catch (error) {
      this.#reportOnce('cannot be put in order', error);
    }
  }

  /** Goes on in the file that is at the path now, or makes it. */
  #open(path: string): void {
    const old = this.#file;
    let next: LogFile;
    try {
      next = new LogFile(path, this.#mode);
    } catch (error) {
      this.#reportOnce('cannot be opened', error);
      if (old?.isDeleted) this.#waitForFile(old);
      return;
    }
    this.#file = next;
    this.#size = next.size;
    const half = this.writer.replaceFd(next.fd);
    if (half > 0) cutQuietly(old, half);
    old?.close();
    // Lines that the old file would not take go to the new one at once.
    this.writer.flushSync(0);
    if (this.writer.isIdle) this.#isReported = false;
  }

  /** There is no file: lines wait, within the limit, until one can be opened. */
  #waitForFile(old: LogFile): void {
    this.#file = undefined;
    this.writer.replaceFd(NO_FD);
    old.close();
  }

  #reportOnce(what: string, error: unknown): void {
    if (this.#isReported) return;
    this.#isReported = true;
    try {
      writeSync(
        2,
        `log file ${this.#rotation.path} ${what}: ${messageOf(error)}. ` +
          `The server goes on and tries again each second; lines for which there is no room are counted.\n`,
      );
    } catch {
      // There is nowhere left to report this.
    }
  }
}

function cutQuietly(file: LogFile | undefined, bytes: number): void {
  try {
    file?.cut(bytes);
  } catch {
    // The old file ends in half a line; the whole line is in the next file.
  }
}
