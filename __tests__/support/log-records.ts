import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';

/** One record of a log that is written with `logFormat: 'json'`. */
export interface LogRecord {
  /** In milliseconds since 1970. */
  readonly time: number;
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';
  /** The kind of process that wrote it: supervisor, server, worker… */
  readonly role: string;
  /** The pid of the writer. The process that the record is about is in the fields. */
  readonly pid: number;
  /** The id of the worker that wrote it. */
  readonly worker: number | undefined;
  readonly message: string;
  /** As they were logged: a field with the same name as a part of the record appears here without its underscore. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * What a record must match: a part of its message, a pattern for it, or an object of such things. In an object, `level`,
 * `role`, `worker` and `writtenBy` (the pid of the writer) are parts of the record; every other name is a field.
 * A value must be equal, or match if it is a pattern.
 */
export type RecordTest =
  | string
  | RegExp
  | {
      readonly message?: string | RegExp;
      readonly level?: LogRecord['level'] | RegExp;
      readonly role?: string;
      readonly worker?: number | RegExp;
      readonly writtenBy?: number;
      readonly [field: string]: unknown;
    };

/** The record of a line; undefined if the line is not one, such as what Node or a shell writes past the log. */
export function parseRecord(line: string): LogRecord | undefined {
  if (!line.startsWith('{"time":"')) return undefined;
  const { time, level, role, pid, worker, message, ...rest } = JSON.parse(line) as {
    readonly time: string;
    readonly [name: string]: unknown;
  };
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(rest)) if (!name.endsWith('_')) fields[name] = value;
  for (const [name, value] of Object.entries(rest)) if (name.endsWith('_')) fields[name.slice(0, -1)] = value;
  return { time: Date.parse(time), level, role, pid, worker, message, fields } as LogRecord;
}

/** All records of a log file. */
export function recordsIn(path: string): readonly LogRecord[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => parseRecord(line) ?? []);
}

export function isMatch(record: LogRecord, test: RecordTest): boolean {
  if (typeof test === 'string') return record.message.includes(test);
  if (test instanceof RegExp) return test.test(record.message);
  return Object.entries(test).every(([name, wanted]) => {
    if (name === 'message') return isMatch(record, wanted as string | RegExp);
    const value = valueOf(record, name);
    return wanted instanceof RegExp ? wanted.test(String(value)) : isDeepStrictEqual(value, wanted);
  });
}

/** For the message of a test that waited in vain. */
export function describeTest(test: RecordTest): string {
  if (typeof test === 'string' || test instanceof RegExp) return String(test);
  const shown = Object.entries(test).map(
    ([name, wanted]) => `${name}: ${wanted instanceof RegExp ? String(wanted) : JSON.stringify(wanted)}`,
  );
  return `{ ${shown.join(', ')} }`;
}

function valueOf(record: LogRecord, name: string): unknown {
  switch (name) {
    case 'level':
    case 'role':
    case 'worker':
      return record[name];
    case 'writtenBy':
      return record.pid;
    default:
      return record.fields[name];
  }
}
