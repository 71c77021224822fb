import { isError } from '../common/errors';
import { errorData } from './error-text';
import { escapeJsonControls } from './escape';
import { messageText } from './message-text';
import type { LogRecord } from './record';
import { safeJson } from './safe-json';
import { validTime } from './timestamp';

const RESERVED: ReadonlySet<string> = new Set(['time', 'level', 'role', 'worker', 'pid', 'message']);

/** One object on one line. A field with the name of one of the record's own keys gets an underscore appended. */
export function formatJson(record: LogRecord): string {
  const { origin, message } = record;
  let line = `{"time":"${new Date(validTime(record.timeMs)).toISOString()}","level":"${record.level}"`;
  line += `,"role":${JSON.stringify(origin.role)}`;
  if (origin.group !== undefined) line += `,"group":${JSON.stringify(origin.group)}`;
  if (origin.workerId !== undefined) line += `,"worker":${String(origin.workerId)}`;
  if (origin.generation !== undefined) line += `,"generation":${String(origin.generation)}`;
  line += `,"pid":${String(origin.pid)},"message":${JSON.stringify(messageText(message))}`;

  const ownError = isError(message);
  if (ownError) line += member('error', () => errorData(message));
  const { fields } = record;
  for (const key in fields) {
    const taken = isOwnKey(record, key) || (ownError && key === 'error');
    line += member(taken ? `${key}_` : key, () => fields[key]);
  }
  return `${escapeJsonControls(line)}}\n`;
}

/** Whether the record itself has a value of that name. */
export function isOwnKey({ origin }: LogRecord, key: string): boolean {
  return (
    RESERVED.has(key) ||
    (key === 'generation' && origin.generation !== undefined) ||
    (key === 'group' && origin.group !== undefined)
  );
}

function member(key: string, read: () => unknown): string {
  let json: string | undefined;
  try {
    json = safeJson(read());
  } catch {
    json = '"[unreadable]"';
  }
  return json === undefined ? '' : `,${JSON.stringify(key)}:${json}`;
}
