import { isError } from '../common/errors';
import { isLogLevel, parseLogLevel } from './levels';
import { LOG_LEVELS, type LogFields, type Logger, type LogLevel, type LogMethod } from './logger';

/** What a logger and all its children share. */
export interface LogCore {
  level: LogLevel;
  isEnabled(level: LogLevel): boolean;
  emit(level: LogLevel, message: unknown, fields: LogFields | undefined): void;
  /** A bare object for a child logger to be put on. */
  childTarget(bound: LogFields): object;
}

/** Puts the Logger methods on an object. They need no `this`, so they can be passed around. */
export function installLoggerMethods<T extends object>(
  target: T,
  core: LogCore,
  bound?: LogFields,
): T & Logger {
  const members: PropertyDescriptorMap = {};
  const method = (value: unknown): PropertyDescriptor => ({ value, writable: true, configurable: true });
  for (const level of LOG_LEVELS) {
    members[level] = method(((message, fields) => {
      if (core.isEnabled(level)) core.emit(level, message, mergeFields(bound, fields));
    }) satisfies LogMethod);
  }
  members['log'] = method((given: unknown, message: unknown, fields: unknown): void => {
    const call = toLogCall(given, message, fields);
    if (core.isEnabled(call.level)) core.emit(call.level, call.message, mergeFields(bound, call.fields));
  });
  members['isLevelEnabled'] = method((level: string) => isLogLevel(level) && core.isEnabled(level));
  members['child'] = method((fields: LogFields) => {
    const merged = mergeFields(bound, fields) ?? {};
    return installLoggerMethods(core.childTarget(merged), core, merged);
  });
  members['level'] = {
    get: () => core.level,
    set: (level: unknown) => {
      core.level = parseLogLevel(level);
    },
    enumerable: true,
    configurable: true,
  };
  return Object.defineProperties(target, members) as T & Logger;
}

/**
 * The fields of a child logger and those of a call. An Error stands for `{ error }`; a bare value is kept as `detail`.
 */
export function mergeFields(bound: LogFields | undefined, given: unknown): LogFields | undefined {
  if (given === undefined || given === null) return bound;
  if (isError(given)) return { ...bound, error: given };
  if (typeof given !== 'object' || Array.isArray(given)) return { ...bound, detail: given };
  return bound ? { ...bound, ...given } : (given as LogFields);
}

interface LogCall {
  readonly level: LogLevel;
  readonly message: unknown;
  readonly fields: unknown;
}

/** `log(level, message, fields)` or winston's `log({ level, message, ...fields })`. */
function toLogCall(given: unknown, message: unknown, fields: unknown): LogCall {
  if (typeof given === 'object' && given !== null && message === undefined) {
    const { level, message: text, ...rest } = given as Record<string, unknown>;
    return { level: levelOrInfo(level), message: text, fields: rest };
  }
  return { level: levelOrInfo(given), message, fields };
}

/** A record with an unknown level is neither lost nor an error. */
export function levelOrInfo(name: unknown): LogLevel {
  return isLogLevel(name) ? name : 'info';
}
