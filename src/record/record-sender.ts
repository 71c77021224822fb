import { Socket } from 'node:net';
import { systemClock, type Clock } from '../common/clock';
import { FdWriter } from './fd-writer';
import { encodeRecord } from './framing';

const MAX_BUFFERED_BYTES = 8 * 1024 * 1024;
const EXIT_PATIENCE_MS = 1000;
/** A parent that is stopped (SIGSTOP) must not stop its workers. */
const PATIENCE_MS = 250;

export interface RecordSenderOptions {
  /** What may wait for a slow parent; a parent that reads nothing at all beyond it has records dropped and counted. Default 8 MiB. */
  readonly maxBufferedBytes?: number;
  /** Makes the finished record that tells how many were dropped. */
  readonly dropNotice: (records: number) => string;
  readonly clock?: Clock;
}

/**
 * Runs in a worker: hands each finished record to the kernel at once, so that not even SIGKILL loses it.
 * Never throws. Blocks only while its buffer is full and the parent goes on reading. Flushes when the process exits.
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

  /** Sends a finished record. */
  write(text: string): void {
    this.#writer.writeText(encodeRecord(text));
    this.#afterWrite();
  }

  /** Passes on whole records that a child has sent. */
  writeEncoded(records: Buffer): void {
    this.#writer.write(records);
    this.#afterWrite();
  }

  /** Waits, blocking, until the kernel has taken everything, or the parent has read nothing for that long. */
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
    // A parent that reads has the same patience for what comes yet; for one that does not, it was all there is.
    this.#exitDeadline = isDone ? this.#clock.now() + EXIT_PATIENCE_MS : begunAt + patienceMs;
  }
}

/** Opening a socket on the descriptor is the way Node has to set O_NONBLOCK. The socket itself is never used. */
function makeNonBlocking(fd: number): void {
  try {
    const socket = new Socket({ fd, readable: false, writable: true });
    socket.on('error', () => {});
    socket.unref();
  } catch {
    // A plain file, say, under a test: it needs no such thing.
  }
}
