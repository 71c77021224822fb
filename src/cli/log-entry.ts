import { isLogLevel, levelRank } from '../record/levels';
import { escapeControls } from '../record/escape';
import type { LogLevel } from '../record/logger';
import type { Color, Paint } from './screen';

/** One record of the log, as the file has it. */
export interface LogEntry {
  /** Undefined: it is not a record of the engine. */
  readonly level: LogLevel | undefined;
  readonly group: string | undefined;
  readonly worker: number | undefined;
  /** Its lines, without the last line end. */
  readonly text: string;
  /** Fields by name. A text log has only those that a line shows. */
  readonly data: Readonly<Record<string, unknown>>;
}

export interface LogFilter {
  readonly level?: LogLevel | undefined;
  readonly worker?: number | undefined;
  readonly group?: string | undefined;
  /** If a record names no group, it belongs to this one, because there is only one. */
  readonly onlyGroup?: string | undefined;
}

const TEXT_LINE =
  /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [+-]\d{4}) \[(\w+)\] ((?:worker=(?:(\S+)\/)?(\d+)|\S+) pid=(\d+)): /;

/** How the lines begin that belong to the record before. */
const CONTINUED = '    ';

/** Makes records of the lines of a log. In a text log, one record may have several lines. */
export class LogEntries {
  readonly #format: 'text' | 'json';
  #lines: string[] = [];

  constructor(format: 'text' | 'json') {
    this.#format = format;
  }

  /** Returns the records that these lines complete. */
  push(lines: readonly string[]): readonly LogEntry[] {
    if (this.#format === 'json') return lines.map(jsonEntry);
    const entries: LogEntry[] = [];
    for (const line of lines) {
      if (!line.startsWith(CONTINUED)) entries.push(...this.flush());
      this.#lines.push(line);
    }
    return entries;
  }

  /** Returns the record whose last line may have arrived: there is no sign whether another line follows. */
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

/** Whether the record is wanted. Text that is not a record passes only if everything does. */
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
 * For a terminal: the time dimmed, the level in its color. A JSON record becomes a readable line. Nothing in it can
 * control the terminal, even if somebody else wrote the file.
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
