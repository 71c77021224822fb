import { describeTest, isMatch, parseRecord, type LogRecord, type RecordTest } from './log-records';
import { Program, type StartOptions } from './program';

/** Like start(), for tests that look at records of the log. Tests of its text use start(). */
export function startRecorded(fixture: string, options: StartOptions = {}): RecordedProgram {
  return new RecordedProgram(fixture, options);
}

interface Since {
  /** Only lines that come after `now` was read. */
  readonly since?: number;
}

/** A fixture whose log is read as JSON. */
export class RecordedProgram extends Program {
  /** The record of each line that was looked at. */
  readonly #parsed: (LogRecord | undefined)[] = [];

  override setConfig(config: Readonly<Record<string, unknown>> | string): void {
    super.setConfig(typeof config === 'string' ? config : { logFormat: 'json', ...config });
  }

  /** The records so far. */
  records(test: RecordTest = '', { since = 0 }: Since = {}): LogRecord[] {
    return this.#all()
      .slice(since)
      .filter((record): record is LogRecord => record !== undefined && isMatch(record, test));
  }

  /** Warnings and worse, except that the machine gave a process no time, which says nothing about the program. */
  problems(since: Since = {}): LogRecord[] {
    return this.records('', since).filter(
      ({ level, message }) =>
        /^(warn|error|fatal)$/.test(level) && !message.startsWith('this process stood still'),
    );
  }

  /** The first matching record, as soon as there is one. */
  async record(test: RecordTest, since: Since = {}): Promise<LogRecord> {
    const [record] = await this.recordsOf(1, test, since);
    return record!;
  }

  /** The first `count` matching records, as soon as there are that many. */
  recordsOf(count: number, test: RecordTest, since: Since = {}): Promise<LogRecord[]> {
    return this.waitUntil(
      () => {
        const found = this.records(test, since);
        return found.length >= count ? found.slice(0, count) : undefined;
      },
      `${String(count)} of ${describeTest(test)}`,
    );
  }

  override async waitForWorkers(count: number, since: Since = {}): Promise<void> {
    await this.recordsOf(count, /^worker \d+ is running/, since);
  }

  override async port(): Promise<number> {
    const { fields } = await this.record({ message: 'listening', port: /^\d+$/ });
    return Number(fields['port']);
  }

  override workers(): ReadonlyMap<number, number> {
    return new Map(
      this.records(/^worker \d+ started/).map(({ fields }) => [
        Number(fields['workerId']),
        Number(fields['pid']),
      ]),
    );
  }

  #all(): readonly (LogRecord | undefined)[] {
    while (this.#parsed.length < this.lines.length) {
      this.#parsed.push(parseRecord(this.lines[this.#parsed.length]!));
    }
    return this.#parsed;
  }
}
