import { Socket } from 'node:net';
import { systemClock, type Clock } from '../common/clock';
import { FdWriter } from './fd-writer';
import { encodeRecord } from './framing';

const MAX_BUFFERED_BYTES = 8 * 1024 * 1024;
// The parent may be starved, or stopped: what it has not read is lost. A parent that is gone, or that kills, ends the wait.
const EXIT_PATIENCE_MS = 10_000;
/** A stopped parent (SIGSTOP) must not stop its workers. */
const PATIENCE_MS = 250;

export interface RecordSenderOptions {
  /**
   * How much may wait for a slow parent. Beyond it, if the parent reads nothing at all, records are dropped and
   * counted. Default 8 MiB.
   */
  readonly maxBufferedBytes?: number;
  /** Makes the complete record that says how many were dropped. */
  readonly dropNotice: (records: number) => string;
  readonly clock?: Clock;
}

/**
 * Runs in a worker: passes each complete record to the kernel at once, so that not even SIGKILL loses it. Never throws.
 * Blocks only while its buffer is full and the parent goes on reading. Flushes when the process exits.
 */
export class RecordSender {
  readonly #writer: FdWriter;
  readonly #clock: Clock;
  #exitDeadline: number | undefined;

  constructor(fd: number, options: RecordSenderOptions) {
    this.#clock = options.clock ?? systemClock;
    makeNonBlocking(fd);
    this.#writer = new FdWriter(fd, {
      maxBufferedBytes: options.maxBufferedBytes ?? MAX_BUFFERED_BYTES,
      dropNotice: (records) => encodeRecord(options.dropNotice(records)),
      endsWithReader: true,
      patienceMs: PATIENCE_MS,
      clock: this.#clock,
    });
    process.once('exit', this.#onExit);
  }

  /** Records that will never reach the parent. */
  get dropped(): number {
    return this.#writer.dropped;
  }

  /** Sends a complete record. */
  write(text: string): void {
    this.#writer.writeText(encodeRecord(text));
    this.#afterWrite();
  }

  /** Passes on complete records that a child has sent. */
  writeEncoded(records: Buffer): void {
    this.#writer.write(records);
    this.#afterWrite();
  }

  /** Blocks until the kernel has taken everything, or the parent has read nothing for that long. */
  flushSync(patienceMs: number = EXIT_PATIENCE_MS): boolean {
    return this.#writer.flushSync(patienceMs);
  }

  /** Sends no more. For tests: a worker's sender lives as long as its process. */
  close(): void {
    process.removeListener('exit', this.#onExit);
    this.#writer.end();
  }

  /** Exit listeners that ran before ours may log too, and no timer comes after them. */
  #afterWrite(): void {
    if (this.#exitDeadline !== undefined) this.#flushAtExit(this.#exitDeadline - this.#clock.now());
  }

  readonly #onExit = (): void => {
    this.#flushAtExit(EXIT_PATIENCE_MS);
  };

  #flushAtExit(patienceMs: number): void {
    const begunAt = this.#clock.now();
    const isDone = this.flushSync(patienceMs);
    // A parent that reads gets the same time again for later records; for one that does not, this was all the time.
    this.#exitDeadline = isDone ? this.#clock.now() + EXIT_PATIENCE_MS : begunAt + patienceMs;
  }
}

/** Node can set O_NONBLOCK only by opening a socket on the descriptor. The socket itself is never used. */
function makeNonBlocking(fd: number): void {
  try {
    const socket = new Socket({ fd, readable: false, writable: true });
    socket.on('error', () => {});
    socket.unref();
  } catch {
    // A plain file, for example in a test, needs no such thing.
  }
}
