import { stripVTControlCharacters } from 'node:util';
import { systemClock, type ClockTimer } from '../common/clock';
import { LineSplitter } from './line-splitter';
import type { Logger } from './logger';

/** How long an incomplete line may wait for its end before it is logged as it is. */
const PARTIAL_LINE_MS = 100;

export interface ConsoleCaptureOptions {
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

/** Set while either stream logs a captured line. */
interface Guard {
  isLogging: boolean;
}

type WriteCallback = (error?: Error | null) => void;

/**
 * Turns output to process.stdout into info records and output to process.stderr into warn records, one per line. Do not
 * use it for the stream that the log itself goes to. Returns a function that restores the streams.
 */
export function captureConsole({ stdout, stderr, logger }: ConsoleCaptureOptions): () => void {
  const guard = { isLogging: false };
  const restores: (() => void)[] = [];
  // Reading process.stdout creates the stream (0.7 ms). A getter in its place would be cheaper, but would miss code
  // that has read it before.
  if (stdout) restores.push(captureWrites(process.stdout, guard, (line) => logger.info(line)));
  if (stderr) restores.push(captureWrites(process.stderr, guard, (line) => logger.warn(line)));
  return () => {
    for (const restore of restores) restore();
  };
}

function captureWrites(stream: NodeJS.WriteStream, guard: Guard, log: (line: string) => void): () => void {
  const lines = new CapturedLines(guard, log);
  const original = Object.getOwnPropertyDescriptor(stream, 'write');
  const passOn = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  const write = (
    chunk: string | Uint8Array,
    encoding?: BufferEncoding | WriteCallback,
    callback?: WriteCallback,
  ): boolean => {
    // A logger that itself prints to the console (winston's Console transport) must not get its own output.
    if (guard.isLogging) return passOn(chunk, encoding, callback);
    // Copied: the caller may reuse its buffer.
    lines.push(typeof chunk === 'string' ? Buffer.from(chunk, encodingOf(encoding)) : Buffer.from(chunk));
    const done = typeof encoding === 'function' ? encoding : callback;
    if (done) process.nextTick(done, null);
    return true;
  };
  const flush = (): void => lines.flush();
  process.on('exit', flush);
  Object.defineProperty(stream, 'write', { value: write, writable: true, configurable: true });
  return () => {
    if (original) Object.defineProperty(stream, 'write', original);
    else Reflect.deleteProperty(stream, 'write');
    process.removeListener('exit', flush);
    lines.flush();
  };
}

function encodingOf(encoding: BufferEncoding | WriteCallback | undefined): BufferEncoding {
  return typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : 'utf8';
}

class CapturedLines {
  #timer: ClockTimer | undefined;
  readonly #splitter = new LineSplitter();

  constructor(
    private readonly guard: Guard,
    private readonly log: (line: string) => void,
  ) {}

  push(chunk: Buffer): void {
    this.#emit(this.#splitter.push(chunk));
    if (!this.#splitter.hasPartial) this.#cancel();
    else this.#timer ??= systemClock.after(PARTIAL_LINE_MS, () => this.flush(), { unref: true });
  }

  flush(): void {
    this.#cancel();
    const rest = this.#splitter.flush();
    if (rest !== undefined) this.#emit([rest]);
  }

  #emit(lines: readonly string[]): void {
    this.guard.isLogging = true;
    try {
      // Colors are meant for a terminal; in a log they would only be escaped.
      for (const line of lines) this.log(line.includes('\x1b') ? stripVTControlCharacters(line) : line);
    } finally {
      this.guard.isLogging = false;
    }
  }

  #cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
