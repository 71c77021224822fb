import { writeSync } from 'node:fs';
import { systemClock, type Clock, type ClockTimer } from '../common/clock';

const NEWLINE = 0x0a;
const EMPTY = Buffer.alloc(0);

/** The reader is slow: it will go on soon. */
const BUSY: ReadonlySet<string> = new Set(['EAGAIN', 'EWOULDBLOCK', 'EINTR']);
/** The other end of a socketpair is gone and never comes back. */
const GONE: ReadonlySet<string> = new Set(['EPIPE', 'ECONNRESET', 'ENOTCONN', 'EBADF']);

const FIRST_BUSY_DELAY_MS = 5;
const LONGEST_BUSY_DELAY_MS = 100;
const FAILED_DELAY_MS = 1000;
const FLUSH_PAUSE_MS = 2;
const FLUSH_LIMIT = 10;

export interface FdWriterOptions {
  /** How much may wait for a slow reader or a full disk; beyond it complete chunks are dropped and counted. */
  readonly maxBufferedBytes: number;
  /** Makes the complete line that says how many were dropped. */
  readonly dropNotice: (lines: number) => string;
  /** Whether a reader that is gone stays gone. A FIFO may get another one. */
  readonly endsWithReader: boolean;
  /**
   * When the limit is reached and the reader is only slow, `write` blocks as long as it goes on reading: it gives up
   * after a pause of this length. 0, the default: never blocks.
   */
  readonly patienceMs?: number;
  /** The descriptor refuses writes, and not because of a slow reader: called once until a write succeeds again. */
  readonly onRefused?: (error: NodeJS.ErrnoException) => void;
  readonly clock?: Clock;
  /** For tests: fs.writeSync. */
  readonly write?: (fd: number, data: Buffer | string) => number;
}

type Drained = 'done' | 'busy' | 'failed';

/**
 * Writes complete lines to a descriptor at once, synchronously, as long as it takes them; never throws, never blocks on
 * a non-blocking descriptor. What cannot be written waits, in order, up to a limit.
 */
export class FdWriter {
  #fd: number;
  /** What is being written, from the start of a line, and how far the write has got. */
  #block: Buffer = EMPTY;
  #offset = 0;
  #queue: Buffer[] = [];
  #waitingBytes = 0;
  #isRefused = false;
  #dropped = 0;
  #unreported = 0;
  #ended = false;
  #retry: ClockTimer | undefined;
  #retryDelayMs = FIRST_BUSY_DELAY_MS;
  #nextAttemptAt = 0;
  readonly #clock: Clock;
  readonly #write: (fd: number, data: Buffer | string) => number;

  constructor(
    fd: number,
    private readonly options: FdWriterOptions,
  ) {
    this.#fd = fd;
    this.#clock = options.clock ?? systemClock;
    this.#write = options.write ?? ((target, data) => writeSync(target, data as string));
  }

  /** Lines that never reached the descriptor and never will. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The descriptor has taken everything. */
  get isIdle(): boolean {
    return !this.#isWaiting;
  }

  /** Like write(). While nothing waits, the text needs no buffer of its own: a third of the time. */
  writeText(lines: string): void {
    if (this.#isWaiting || this.#ended || lines === '') {
      this.write(Buffer.from(lines));
      return;
    }
    let written = 0;
    let failure: unknown;
    try {
      written = this.#write(this.#fd, lines);
      this.#isRefused = false;
      if (written === Buffer.byteLength(lines)) return;
    } catch (error) {
      failure = error;
    }
    this.#block = Buffer.from(lines);
    this.#offset = written;
    this.#waitingBytes = this.#block.length - written;
    if (failure === undefined) this.#drain();
    else this.#onError(failure as NodeJS.ErrnoException);
  }

  /** Takes one or more complete lines. */
  write(lines: Buffer): void {
    if (lines.length === 0) return;
    if (this.#ended) {
      this.#drop(lines);
      return;
    }
    if (this.#isWaiting && this.#clock.now() >= this.#nextAttemptAt) this.#drain();
    if (this.#unreported === 0 && !this.#hasRoomFor(lines)) this.#waitForRoom(lines);
    if (!this.#isWaiting) {
      this.#block = lines;
      this.#offset = 0;
      this.#waitingBytes = lines.length;
      this.#drain();
    } else if (this.#unreported > 0 || !this.#hasRoomFor(lines)) {
      // Once there is a gap, everything up to its notice is dropped: one notice per gap.
      this.#drop(lines);
      this.#unreported += countLines(lines);
    } else {
      this.#queue.push(lines);
      this.#waitingBytes += lines.length;
    }
  }

  /**
   * Writes what waits, blocking, while the reader is only slow. It gives up after a pause of this length, or after ten
   * times as long in total. Returns whether everything was written.
   */
  flushSync(patienceMs: number): boolean {
    const begunAt = this.#clock.now();
    let deadline = begunAt + patienceMs;
    for (;;) {
      const before = this.#waitingBytes;
      if (this.#ended || this.#drain() !== 'busy') return this.#waitingBytes === 0;
      const now = this.#clock.now();
      if (this.#waitingBytes < before)
        deadline = Math.min(now + patienceMs, begunAt + FLUSH_LIMIT * patienceMs);
      if (now >= deadline) return false;
      pause(FLUSH_PAUSE_MS);
    }
  }

  /**
   * Goes on with another descriptor, from the start of a line that the old one took only in part.
   * @returns how many bytes of that line are at the end of the old file.
   */
  replaceFd(fd: number): number {
    this.#fd = fd;
    this.#nextAttemptAt = 0;
    const half = this.halfLineBytes;
    this.#offset -= half;
    this.#waitingBytes += half;
    return half;
  }

  /** How many bytes of an incomplete line the descriptor has taken. */
  get halfLineBytes(): number {
    if (this.#offset === 0) return 0;
    return this.#offset - (this.#block.lastIndexOf(NEWLINE, this.#offset - 1) + 1);
  }

  /** Gives up what still waits and writes no more. Does not close the descriptor. */
  end(): void {
    this.#retry?.cancel();
    this.#retry = undefined;
    if (this.#ended) return;
    this.#ended = true;
    for (const lines of [this.#block.subarray(this.#offset), ...this.#queue]) this.#drop(lines);
    this.#block = EMPTY;
    this.#offset = 0;
    this.#queue = [];
    this.#waitingBytes = 0;
  }

  get #isWaiting(): boolean {
    return this.#waitingBytes > 0 || this.#unreported > 0;
  }

  #hasRoomFor(lines: Buffer): boolean {
    // A chunk that is longer than the limit itself must not wait for ever.
    return !this.#isWaiting || this.#waitingBytes + lines.length <= this.options.maxBufferedBytes;
  }

  /** Backpressure: a process that logs faster than the reader reads must wait, unless the reader stands still. */
  #waitForRoom(lines: Buffer): void {
    const { patienceMs = 0 } = this.options;
    let deadline = this.#clock.now() + patienceMs;
    while (this.#clock.now() < deadline) {
      const before = this.#waitingBytes;
      if (this.#drain() === 'failed' || this.#hasRoomFor(lines)) return;
      if (this.#waitingBytes < before) deadline = this.#clock.now() + patienceMs;
      pause(FLUSH_PAUSE_MS);
    }
  }

  #drain(): Drained {
    while (this.#nextBlock()) {
      let written: number;
      try {
        written = this.#write(
          this.#fd,
          this.#offset === 0 ? this.#block : this.#block.subarray(this.#offset),
        );
      } catch (error) {
        return this.#onError(error as NodeJS.ErrnoException);
      }
      this.#offset += written;
      this.#waitingBytes -= written;
      this.#retryDelayMs = FIRST_BUSY_DELAY_MS;
      this.#isRefused = false;
    }
    return 'done';
  }

  #nextBlock(): boolean {
    if (this.#offset < this.#block.length) return true;
    this.#block = EMPTY;
    this.#offset = 0;
    if (this.#queue.length > 0) {
      this.#block = Buffer.concat(this.#queue);
      this.#queue = [];
    } else if (this.#unreported > 0) {
      this.#block = Buffer.from(this.options.dropNotice(this.#unreported));
      this.#waitingBytes = this.#block.length;
      this.#unreported = 0;
    }
    return this.#block.length > 0;
  }

  #onError(error: NodeJS.ErrnoException): Drained {
    const code = error.code ?? '';
    if (this.options.endsWithReader && GONE.has(code)) {
      this.end();
      return 'failed';
    }
    const busy = BUSY.has(code);
    const delayMs = busy ? this.#retryDelayMs : FAILED_DELAY_MS;
    this.#retryDelayMs = Math.min(this.#retryDelayMs * 2, LONGEST_BUSY_DELAY_MS);
    this.#nextAttemptAt = this.#clock.now() + delayMs;
    this.#retry ??= this.#clock.after(delayMs, () => this.#retryNow(), { unref: true });
    if (!busy && !this.#isRefused) {
      this.#isRefused = true;
      this.options.onRefused?.(error);
    }
    return busy ? 'busy' : 'failed';
  }

  #retryNow(): void {
    this.#retry = undefined;
    this.#drain();
  }

  #drop(lines: Buffer): void {
    this.#dropped += countLines(lines);
  }
}

export function countLines(lines: Buffer): number {
  let count = 0;
  for (let at = lines.indexOf(NEWLINE); at >= 0; at = lines.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
