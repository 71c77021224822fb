import { inspect, types } from 'node:util';

// Checked by brand, not by instanceof: two copies of the package must recognize each other's errors.
const BRAND = Symbol.for('serverengine.error');

/** What went wrong. A code keeps its name and its meaning; docs/errors.md explains each and says how to solve it. */
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
  | 'ERR_MESSAGE'
  | 'ERR_SPAWN'
  | 'ERR_SOCKET'
  | 'ERR_SOCKET_ACTIVATION'
  | 'ERR_NODE_INTERNALS';

/**
 * The base class of all errors of this package. Recognize one with `isServerEngineError`: `instanceof` fails if a program
 * has two copies of the package. Errors of Node itself, such as EADDRINUSE, reach you unchanged.
 */
export class ServerEngineError extends Error {
  /** Stable, for programs. The message is for people, and may change. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** Thrown if the engine cannot run with a class, a decorator option or a configuration value. */
export class ConfigError extends ServerEngineError {}

/**
 * Whether a thrown value is an error of this package, or of another copy of it: in a bundle, a second version in
 * `node_modules`, or another realm such as a test runner's. Its `code` says which error it is.
 *
 * ```ts
 * if (isServerEngineError(error) && error.code === 'ERR_CONFIG_INVALID') usage();
 * ```
 */
export function isServerEngineError(error: unknown): error is ServerEngineError {
  return typeof error === 'object' && error !== null && BRAND in error;
}

/** The stack of any thrown value, or its text, for a log line. */
export function describeError(error: unknown): string {
  if (isError(error)) return error.stack ?? `${error.name}: ${error.message}`;
  return textOf(error);
}

/** The one-line message of any thrown value. */
export function messageOf(error: unknown): string {
  return isError(error) ? error.message : textOf(error);
}

/** Also true for errors of another realm (vm contexts, test runners), where instanceof is not. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value);
}

// Not String(): it hides what an object holds, and throws for an object without a prototype.
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : inspect(value, { compact: true, breakLength: Infinity });
}
