/** From the most severe to the least. */
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

/** The names of the levels, as in the key `logLevel`. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The fields of a record: the message is a constant sentence, the fields vary. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Logs a message with optional fields. Either may be an Error, whose stack is kept. */
export type LogMethod = (message: unknown, fields?: LogFields | Error) => void;

/**
 * The logger in every role: supervisor, server, worker and thread.
 * In the main process it is backed by winston, elsewhere by a thin sender of finished lines.
 */
export interface Logger {
  /**
   * The lowest level that is written; at first the key `logLevel`. A change applies to this process.
   * @throws {ConfigError} Thrown if you set an unknown name (ERR_CONFIG_INVALID).
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
  /** Details for debugging the program. */
  debug: LogMethod;
  /** More detail than debug. */
  trace: LogMethod;
  /** Logs at the level of this name; an unknown level counts as info. */
  log(level: string, message: unknown, fields?: LogFields | Error): void;
  /** Whether a record of this level would be written. Check it before you build a costly record. */
  isLevelEnabled(level: string): boolean;
  /** A logger that adds these fields to every record. */
  child(fields: LogFields): Logger;
}
