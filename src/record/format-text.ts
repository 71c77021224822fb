import { isError } from '../common/errors';
import { errorText } from './error-text';
import { escapeControls } from './escape';
import { LogBlock } from './log-block';
import type { LogLevel } from './logger';
import { messageText } from './message-text';
import type { LogOrigin, LogRecord } from './record';
import { safeInspect, safeJson } from './safe-json';
import { formatTimestamp } from './timestamp';

/** Continuation lines start with it, so that none of them can pass for a record of its own. */
const INDENT = '    ';

const BARE_VALUE = /^[^\s"'=\\\p{Cc}]+$/u;

const LEVEL_COLORS: Readonly<Record<LogLevel, string>> = {
  fatal: '\x1b[1;31m',
  error: '\x1b[31m',
  warn: '\x1b[33m',
  info: '\x1b[32m',
  debug: '\x1b[36m',
  trace: '\x1b[90m',
};
const DIM = '\x1b[2m';
const RESET = '\x1b[0m';

/** `TIME [level] worker=0 pid=4711: message key=value`, then the rest of the message and stacks, indented. */
export function formatText(record: LogRecord, color: boolean): string {
  const message = escapeControls(messageText(record.message)).replace(/\n+$/, '');
  const firstBreak = message.indexOf('\n');
  const firstLine = firstBreak < 0 ? message : message.slice(0, firstBreak);
  const rest = firstBreak < 0 ? '' : indented(message.slice(firstBreak + 1));

  let fields = '';
  let stacks = isError(record.message) ? stackText(undefined, record.message) : '';
  for (const key in record.fields) {
    const value = fieldOf(record.fields, key);
    if (value === undefined) continue;
    if (value instanceof LogBlock) stacks += blockText(key, value);
    else if (isError(value)) stacks += stackText(key === 'error' ? undefined : key, value);
    else fields += ` ${bare(key)}=${fieldText(value)}`;
  }

  const time = formatTimestamp(record.timeMs);
  const source = originText(record.origin);
  if (!color) return `${time} [${record.level}] ${source}: ${firstLine}${fields}${rest}${stacks}\n`;
  const level = `${LEVEL_COLORS[record.level]}[${record.level}]${RESET}`;
  const details = `${dim(fields)}${rest}${dim(stacks)}`;
  return `${dim(time)} ${level} ${source}: ${firstLine}${details}\n`;
}

/** `worker=0 pid=4711` for a worker, `server pid=4700` for the other roles. */
function originText(origin: LogOrigin): string {
  const group = origin.group === undefined ? '' : `${bare(origin.group)}/`;
  const who = origin.workerId === undefined ? bare(origin.role) : `worker=${group}${String(origin.workerId)}`;
  return `${who} pid=${String(origin.pid)}`;
}

function dim(text: string): string {
  return text === '' ? '' : DIM + text + RESET;
}

function indented(text: string): string {
  return `\n${INDENT}${text.replaceAll('\n', `\n${INDENT}`)}`;
}

function stackText(label: string | undefined, error: Error): string {
  let text: string;
  try {
    text = errorText(error);
  } catch {
    text = '[unreadable error]';
  }
  return indented(escapeControls(label === undefined ? text : `${label}: ${text}`));
}

function blockText(key: string, { lines }: LogBlock): string {
  const body = lines.map((line) => `\n${INDENT}| ${escapeControls(line).replaceAll('\n', '\\n')}`);
  return `\n${INDENT}${bare(key)}:${body.join('')}`;
}

function fieldOf(fields: Readonly<Record<string, unknown>>, key: string): unknown {
  try {
    return fields[key];
  } catch {
    return '[unreadable]';
  }
}

function fieldText(value: unknown): string {
  if (typeof value === 'string') return bare(value);
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value);
  if (value instanceof Date) return dateText(value);
  return typeof value === 'object' ? escapeControls(safeJson(value) ?? 'null') : bare(safeInspect(value));
}

function dateText(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'invalid' : date.toISOString();
}

function bare(text: string): string {
  return BARE_VALUE.test(text) ? text : escapeControls(JSON.stringify(text));
}
