import { isatty } from 'node:tty';
import { systemClock, type Clock } from '../common/clock';
import { countLines, FdWriter } from './fd-writer';
import { dropNotice } from './drop-notice';
import { decodeRecords } from './framing';
import type { LogCounts, LogSink } from './log-sink';

const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;
/** A batch of this size is written without waiting for the end of the tick. */
const FULL_BATCH_BYTES = 64 * 1024;
const EXIT_DEADLINE_MS = 1000;

/**
 * A descriptor as log sink: everything written within one tick goes out in one synchronous write. It uses fs, never
 * process.stdout or process.stderr, so that a captured console does not get its own output.
 */
export class BatchedSink implements LogSink {
  readonly isTerminal: boolean;
  protected readonly writer: FdWriter;
  protected readonly clock: Clock;
  #texts = '';
  #parts: Buffer[] = [];
  #partBytes = 0;
  #scheduled: NodeJS.Immediate | undefined;
  #exitDeadline: number | undefined;
  #closed = false;
  #lines: number | undefined;
  #dropNotice = defaultDropNotice;

  constructor(
    readonly target: 'stderr' | 'stdout' | 'file',
    fd: number,
    clock: Clock = systemClock,
  ) {
    this.isTerminal = isatty(fd);
    this.clock = clock;
    this.writer = new FdWriter(fd, {
      maxBufferedBytes: MAX_BUFFERED_BYTES,
      dropNotice: (lines) => this.#dropNotice(lines),
      endsWithReader: false,
      onRefused: (error) => this.onRefused?.(error),
      clock,
    });
    process.once('exit', this.#onExit);
  }

  write(chunk: string | Buffer): void {
    if (this.#closed) return;
    if (typeof chunk === 'string') {
      this.#texts += chunk;
    } else {
      this.#sealTexts();
      this.#parts.push(chunk);
      this.#partBytes += chunk.length;
    }
    if (this.#exitDeadline !== undefined) this.#flushAtExit(this.#exitDeadline);
    else if (this.#texts.length + this.#partBytes >= FULL_BATCH_BYTES) this.flush();
    else this.#scheduled ??= setImmediate(() => this.flush());
  }

  writeRecords(records: Buffer): void {
    this.write(decodeRecords(records));
  }

  counts(): LogCounts {
    this.#lines ??= 0;
    return { lines: this.#lines, dropped: this.writer.dropped };
  }

  reopen(): void {}

  flush(): void {
    if (this.#scheduled) clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    this.#sealTexts();
    const parts = this.#parts;
    const [first] = parts;
    if (!first) return;
    this.#parts = [];
    this.#partBytes = 0;
    const batch = parts.length === 1 ? first : Buffer.concat(parts);
    if (this.#lines !== undefined) this.#lines += countLines(batch);
    this.writeBatch(batch);
  }

  /** Complete lines. */
  protected writeBatch(batch: Buffer): void {
    this.writer.write(batch);
  }

  /** The descriptor has begun to refuse writes. */
  protected onRefused?(error: NodeJS.ErrnoException): void;

  close(): void {
    if (this.#closed) return;
    this.flush();
    this.writer.flushSync(EXIT_DEADLINE_MS);
    this.#closed = true;
    this.writer.end();
    process.removeListener('exit', this.#onExit);
  }

  setDropNotice(notice: (lines: number) => string): void {
    this.#dropNotice = notice;
  }

  #sealTexts(): void {
    if (this.#texts === '') return;
    const part = Buffer.from(this.#texts);
    this.#texts = '';
    this.#parts.push(part);
    this.#partBytes += part.length;
  }

  readonly #onExit = (): void => {
    this.#exitDeadline = this.clock.now() + EXIT_DEADLINE_MS;
    this.#flushAtExit(this.#exitDeadline);
  };

  // Exit listeners that ran before ours may log too, and no tick comes after them.
  #flushAtExit(deadline: number): void {
    this.flush();
    this.writer.flushSync(deadline - this.clock.now());
  }
}

function defaultDropNotice(lines: number): string {
  return dropNotice(lines, { role: 'server', pid: process.pid }, { format: 'text', color: false });
}
