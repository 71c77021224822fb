/** From the gravest to the finest. */
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** Structured data beside a message: constant sentence, varying fields. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Logs a message with optional fields; an Error may stand for either (its stack is kept). */
export type LogMethod = (message: unknown, fields?: LogFields | Error) => void;

/**
 * The one logger face in every role: supervisor, server, worker and thread.
 * In the top process a winston logger stands behind it, elsewhere a thin sender that ships finished lines.
 */
export interface Logger {
  /** The finest level that is written. Default 'debug'. */
  level: string;
  fatal: LogMethod;
  error: LogMethod;
  warn: LogMethod;
  info: LogMethod;
  debug: LogMethod;
  trace: LogMethod;
  log(level: string, message: unknown, fields?: LogFields | Error): void;
  isLevelEnabled(level: string): boolean;
  /** A logger that adds these fields to every record. */
  child(fields: LogFields): Logger;
}
