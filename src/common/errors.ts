import { inspect, types } from 'node:util';

/**
 * Every error of the library carries a stable `code`; docs/errors.md has a row for each.
 * Checked by brand, not by instanceof: two copies of the package must recognise each other's errors.
 */
const BRAND = Symbol.for('serverengine.error');

export type ErrorCode =
  | 'ERR_CONFIG_INVALID'
  | 'ERR_CONFIG_UNREADABLE'
  | 'ERR_CONFIG_NOT_CLONEABLE'
  | 'ERR_CLASS_UNDECORATED'
  | 'ERR_CLASS_INVALID'
  | 'ERR_FIELD_HIDDEN'
  | 'ERR_INJECTION'
  | 'ERR_NOT_SHARED'
  | 'ERR_WRONG_PROCESS'
  | 'ERR_NO_ENTRY'
  | 'ERR_ENGINE_STATE'
  | 'ERR_SPAWN'
  | 'ERR_SOCKET';

export class ServerEngineError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** Thrown when a class, a decorator option or a configuration value is not what the engine can run with. */
export class ConfigError extends ServerEngineError {}

export function isServerEngineError(error: unknown): error is ServerEngineError {
  return typeof error === 'object' && error !== null && BRAND in error;
}

/** The stack of anything that was thrown, or its text: what a log line shows. */
export function describeError(error: unknown): string {
  if (isError(error)) return error.stack ?? `${error.name}: ${error.message}`;
  return textOf(error);
}

/** The one-line message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return isError(error) ? error.message : textOf(error);
}

/** Also true for errors of another realm (vm contexts, test runners), where instanceof is not. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value);
}

// Not String(): it hides what an object holds, and throws for one without a prototype.
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : inspect(value, { compact: true, breakLength: Infinity });
}
