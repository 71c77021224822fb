import type { DebuggerOutput } from '../hang/debugger-output';
import { RecordRelay } from '../record/framing';
import { LineSplitter } from '../record/line-splitter';
import type { Logger } from '../record/logger';
import type { LogSink } from '../record/log-sink';

const RAW_FIELDS = { from: 'server process' } as const;

// Enough to recognize what it was.
const MOST_SHOWN = 500;

/** The output of one server process, as the supervisor reads it. */
export class ServerOutput {
  readonly #logger: Logger;
  readonly #relay = new RecordRelay();
  readonly #stdout = new LineSplitter();
  readonly #stderr = new LineSplitter();
  readonly #debugger: DebuggerOutput | undefined;
  /**
   * Complete records are passed on as they are. Output that bypasses its logger, such as a native crash, becomes
   * records of ours.
   */
  readonly streams: Readonly<Record<'onLog' | 'onStdout' | 'onStderr', (chunk: Buffer) => void>>;

  /** @param debuggerOutput takes the output of its debugger. */
  constructor(sink: LogSink, logger: Logger, debuggerOutput?: DebuggerOutput) {
    this.#logger = logger;
    this.#debugger = debuggerOutput;
    this.streams = {
      onLog: (chunk) => {
        const records = this.#relay.push(chunk);
        if (records) sink.writeRecords(records);
      },
      onStdout: (chunk) => this.#write('info', this.#stdout.push(chunk)),
      onStderr: (chunk) => this.#write('warn', this.#stderr.push(this.#debugger?.push(chunk) ?? chunk)),
    };
  }

  /** The server is gone: a partial record will not be completed. */
  flush(): void {
    const begun = this.#relay.takeRest();
    if (begun !== undefined) {
      this.#logger.warn('the server ended in the middle of a log record', {
        begun: begun.slice(0, MOST_SHOWN),
        length: begun.length,
      });
    }
    this.#write('info', [this.#stdout.flush()]);
    if (this.#debugger) this.#write('warn', this.#stderr.push(this.#debugger.flush()));
    this.#write('warn', [this.#stderr.flush()]);
  }

  #write(level: 'info' | 'warn', lines: readonly (string | undefined)[]): void {
    for (const line of lines) if (line !== undefined) this.#logger[level](line, RAW_FIELDS);
  }
}
