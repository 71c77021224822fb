import { isLogLevel, levelRank } from '../record/levels';
import { escapeControls } from '../record/escape';
import type { LogLevel } from '../record/logger';
import type { Color, Paint } from './screen';

/** One record of the log, as it stands in the file. */
export interface LogEntry {
  /** Undefined: of something that is no record of the engine. */
  readonly level: LogLevel | undefined;
  readonly group: string | undefined;
  readonly worker: number | undefined;
  /** Its lines, without the last end. */
  readonly text: string;
  /** By name: of a text log as far as a line tells. */
  readonly data: Readonly<Record<string, unknown>>;
}

export interface LogFilter {
  readonly level?: LogLevel | undefined;
  readonly worker?: number | undefined;
  readonly group?: string | undefined;
  /** A record that names no group is of this one: there is no other. */
  readonly onlyGroup?: string | undefined;
}

const TEXT_LINE =
  /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [+-]\d{4}) \[(\w+)\] ((?:worker=(?:(\S+)\/)?(\d+)|\S+) pid=(\d+)): /;

/** Lines that belong to the record before begin so. */
const CONTINUED = '    ';

/** Lines of a log to records: a record of a text log may have several. */
export class LogEntries {
  readonly #format: 'text' | 'json';
  #lines: string[] = [];

  constructor(format: 'text' | 'json') {
    this.#format = format;
  }

  /** The records that these lines complete. */
  push(lines: readonly string[]): readonly LogEntry[] {
    if (this.#format === 'json') return lines.map(jsonEntry);
    const entries: LogEntry[] = [];
    for (const line of lines) {
      if (!line.startsWith(CONTINUED)) entries.push(...this.flush());
      this.#lines.push(line);
    }
    return entries;
  }

  /** The record whose last line may have come: nothing says that another one follows. */
  flush(): readonly LogEntry[] {
    if (this.#lines.length === 0) return [];
    const lines = this.#lines;
    this.#lines = [];
    return [textEntry(lines)];
  }
}

function textEntry(lines: readonly string[]): LogEntry {
  const [first = ''] = lines;
  const text = lines.join('\n');
  const match = TEXT_LINE.exec(first);
  if (!match) return { level: undefined, group: undefined, worker: undefined, text, data: { message: text } };
  const [head, time, level, , group, worker, pid] = match;
  const known = isLogLevel(level) ? level : undefined;
  const message = [first.slice(head.length), ...lines.slice(1)].join('\n');
  const workerId = worker === undefined ? undefined : Number(worker);
  const role = worker === undefined ? /\] (\S+) pid=/.exec(head)?.[1] : 'worker';
  const data = { time, level, role, group, worker: workerId, pid: Number(pid), message };
  return { level: known, group, worker: workerId, text, data };
}

function jsonEntry(line: string): LogEntry {
  const data = parse(line);
  if (!data)
    return { level: undefined, group: undefined, worker: undefined, text: line, data: { message: line } };
  const { level, group, worker } = data;
  return {
    level: isLogLevel(level) ? level : undefined,
    group: typeof group === 'string' ? group : undefined,
    worker: typeof worker === 'number' ? worker : undefined,
    text: line,
    data,
  };
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Whether it is wanted. What is no record passes only where everything does. */
export function isWanted(entry: LogEntry, { level, worker, group, onlyGroup }: LogFilter): boolean {
  if (level !== undefined && (entry.level === undefined || levelRank(entry.level) > levelRank(level)))
    return false;
  if (worker !== undefined && entry.worker !== worker) return false;
  if (group === undefined) return true;
  return (entry.group ?? (entry.worker === undefined ? undefined : onlyGroup)) === group;
}

const LEVEL_COLORS: Readonly<Record<LogLevel, Color>> = {
  fatal: 'red',
  error: 'red',
  warn: 'yellow',
  info: 'green',
  debug: 'cyan',
  trace: 'dim',
};

/**
 * For a terminal: the time dim, the level in its colour. A record of JSON becomes a line that one reads. Nothing in it
 * controls the terminal, even if a stranger wrote the file.
 */
export function shown({ level, text, data }: LogEntry, format: 'text' | 'json', paint: Paint): string {
  if (level === undefined) return escapeControls(text);
  const mark = paint(LEVEL_COLORS[level], `[${level}]`);
  if (format === 'text') {
    const from = text.indexOf('[');
    const rest = escapeControls(text.slice(from + level.length + 2));
    return `${paint('dim', text.slice(0, from - 1))} ${mark}${rest}`;
  }
  const { time, role, group, worker, pid, message, level: _level, generation: _generation, ...fields } = data;
  const id = typeof group === 'string' ? `${group}/${String(worker)}` : String(worker);
  const who = worker === undefined ? String(role) : `worker=${id}`;
  const rest = Object.entries(fields).map(
    ([name, value]) => ` ${name}=${escapeControls(JSON.stringify(value))}`,
  );
  const head = `${paint('dim', String(time))} ${mark} ${who} pid=${String(pid)}: ${escapeControls(String(message))}`;
  return `${head}${paint('dim', rest.join(''))}`;
}
