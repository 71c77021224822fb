import type { Clock } from '../common/clock';
import { formatRecord } from '../record/format';
import type { LastWords } from '../record/last-words';
import { LineSplitter } from '../record/line-splitter';
import type { Logger, LogLevel } from '../record/logger';
import type { LogSink } from '../record/log-sink';
import type { WorkerSubject } from './worker-subject';
import type { FormatOptions } from '../record/record';

export interface RawLinesDeps {
  readonly sink: LogSink;
  readonly logger: Pick<Logger, 'isLevelEnabled'>;
  readonly clock: Clock;
  readonly format: FormatOptions;
  readonly subject: WorkerSubject;
  readonly pid: number | undefined;
  readonly lastWords: LastWords;
}

/** What a worker writes directly to stdout and stderr: each line becomes a record, info or warn. */
export class RawLines {
  readonly #deps: RawLinesDeps;
  readonly #stdout = new LineSplitter();
  readonly #stderr = new LineSplitter();

  constructor(deps: RawLinesDeps) {
    this.#deps = deps;
  }

  readonly onStdout = (chunk: Buffer): void => {
    this.#deps.lastWords.push(chunk);
    this.#write('info', this.#stdout.push(chunk));
  };

  readonly onStderr = (chunk: Buffer): void => {
    this.#deps.lastWords.push(chunk);
    this.#write('warn', this.#stderr.push(chunk));
  };

  /** The worker is gone: an incomplete line will not be completed. */
  flush(): void {
    this.#write('info', [this.#stdout.flush()]);
    this.#write('warn', [this.#stderr.flush()]);
  }

  #write(level: LogLevel, lines: readonly (string | undefined)[]): void {
    const { sink, logger, clock, format, subject, pid = 0 } = this.#deps;
    if (!logger.isLevelEnabled(level)) return;
    const origin = subject.origin(pid);
    for (const message of lines) {
      if (message === undefined) continue;
      sink.write(formatRecord({ timeMs: clock.wallTime(), level, message, origin }, format));
    }
  }
}
