import type { LogCounts, LogSink } from '../record/log-sink';
import { levelOrInfo } from '../record/logger-methods';
import type { LogRecord } from '../record/record';

const NEWLINE = 0x0a;

/** The sink for a user's own logger: the JSON records of children become calls of that logger. */
export class UserLoggerSink implements LogSink {
  readonly target = 'file';
  readonly isTerminal = false;
  readonly recordFormat = 'json';
  readonly #take: (record: LogRecord) => void;
  #lines = 0;

  constructor(take: (record: LogRecord) => void) {
    this.#take = take;
  }

  write(chunk: string | Buffer): void {
    this.writeRecords(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  }

  writeRecords(records: Buffer): void {
    for (let start = 0; start < records.length;) {
      const newline = records.indexOf(NEWLINE, start);
      const end = newline < 0 ? records.length : newline;
      if (end > start) {
        this.#lines += 1;
        this.#take(parseRecord(records.toString('utf8', start, end)));
      }
      start = end + 1;
    }
  }

  /** Only the records of children: those of this process go to the logger without a sink. */
  counts(): LogCounts {
    return { lines: this.#lines, dropped: 0 };
  }

  reopen(): void {}

  flush(): void {}

  close(): void {}

  setDropNotice(): void {}
}

/** Parses what formatJson made. Anything else (from a worker of another version, half a line) is kept as a message. */
function parseRecord(line: string): LogRecord {
  try {
    const { time, level, role, worker, generation, pid, message, ...fields } = JSON.parse(line) as Record<
      string,
      unknown
    >;
    return {
      timeMs: Date.parse(String(time)),
      level: levelOrInfo(level),
      message,
      fields,
      origin: {
        role: String(role),
        pid: Number(pid),
        ...(typeof worker === 'number' ? { workerId: worker } : {}),
        ...(typeof generation === 'number' ? { generation } : {}),
      },
    };
  } catch {
    return { timeMs: Date.now(), level: 'info', message: line, origin: { role: 'worker', pid: 0 } };
  }
}
