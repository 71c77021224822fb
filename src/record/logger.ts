/** From the gravest to the finest. */
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

/** The names of the levels, as in the key `logLevel`. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Structured data beside a message: constant sentence, varying fields. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Logs a message with optional fields; an Error may stand for either (its stack is kept). */
export type LogMethod = (message: unknown, fields?: LogFields | Error) => void;

/**
 * The one logger face in every role: supervisor, server, worker and thread.
 * In the main process a winston logger stands behind it, elsewhere a thin sender that ships finished lines.
 */
export interface Logger {
  /**
   * The finest level that is written, at first that of the key `logLevel`. A change holds for this process.
   * @throws {ConfigError} Thrown when it is set to an unknown name (ERR_CONFIG_INVALID).
   */
  level: string;
  /** The process cannot go on. Above winston's own levels, as Ruby's logger has it. */
  fatal: LogMethod;
  /** Something failed that somebody must look at. */
  error: LogMethod;
  /** Something is wrong, and the program goes on. */
  warn: LogMethod;
  /** What happens in normal operation: starts, stops, reloads. */
  info: LogMethod;
  /** Details for who looks into the program. */
  debug: LogMethod;
  /** Finer than debug. */
  trace: LogMethod;
  /** Logs at a level that is given by its name; an unknown level counts as info. */
  log(level: string, message: unknown, fields?: LogFields | Error): void;
  /** Whether a record of this level would be written: ask before you build a costly one. */
  isLevelEnabled(level: string): boolean;
  /** A logger that adds these fields to every record. */
  child(fields: LogFields): Logger;
}
