import { writeSync } from 'node:fs';
import type { Clock, ClockTimer } from '../common/clock';
import { messageOf } from '../common/errors';
import { BatchedSink } from '../record/batched-sink';
import { LogFile } from './log-file';
import type { Rotation } from './rotation';

/** How often the path is looked at for whether it is still our file. */
const LOOK_INTERVAL_MS = 1000;
/** Not a descriptor: what is written to it waits in the writer. */
const NO_FD = -1;

export interface FileSinkOptions {
  readonly rotation: Rotation;
  /** Permissions of a file that is made. */
  readonly mode: number;
  readonly clock?: Clock | undefined;
}

/** A log file. Several processes may append to it; it may be moved, deleted or emptied under us, or rotated by us. */
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
    // What was logged before the reopen belongs to the old file.
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

  /** Not while the old file refuses: what waits for it has its place there. */
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
      // Also: somebody has emptied it.
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

  /** Goes on in the file that is at the path now, or is made there. */
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
    // What the old file would not take goes to the new one at once.
    this.writer.flushSync(0);
    if (this.writer.isIdle) this.#isReported = false;
  }

  /** There is no file: lines wait, as far as there is room, until one can be opened. */
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
      // Nobody is left to be told.
    }
  }
}

function cutQuietly(file: LogFile | undefined, bytes: number): void {
  try {
    file?.cut(bytes);
  } catch {
    // Half a line stays at its end; the whole one is in the next file.
  }
}
