import { isError } from '../common/errors';
import { levelOrInfo } from '../record/logger-methods';
import { messageText } from '../record/message-text';
import type { LogOrigin, LogRecord } from '../record/record';

// The symbol under which winston and its transports look for the level (package triple-beam).
const LEVEL = Symbol.for('level');

/** A record in the form that winston's transports and formats expect. */
export function infoOf(record: LogRecord): Record<PropertyKey, unknown> {
  const error = isError(record.message) ? record.message : record.fields?.['error'];
  return {
    ...record.fields,
    ...(isError(error) ? { error, stack: error.stack } : {}),
    level: record.level,
    message: messageText(record.message),
    [LEVEL]: record.level,
  };
}

/** What was written to a winston logger other than by its level methods: an info object, or a line of text. */
export function recordOf(
  info: unknown,
  base: { readonly timeMs: number; readonly origin: LogOrigin },
): LogRecord {
  if (typeof info !== 'object' || info === null || Buffer.isBuffer(info)) {
    return { ...base, level: 'info', message: String(info).replace(/\n+$/, '') };
  }
  const { level, message, ...fields } = info as Record<string, unknown>;
  const known = levelOrInfo((info as Record<symbol, unknown>)[LEVEL] ?? level);
  return { ...base, level: known, message: isError(info) ? info : message, fields };
}
