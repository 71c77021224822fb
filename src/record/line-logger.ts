import { systemClock } from '../common/clock';
import { formatRecord } from './format';
import { levelRank, parseLogLevel } from './levels';
import type { LogFields, Logger, LogLevel } from './logger';
import { installLoggerMethods, type LogCore } from './logger-methods';
import type { LogFormat, LogOrigin } from './record';

/** What a reload may change in a running logger. */
export interface LoggerSettings {
  readonly level?: string;
  readonly format?: LogFormat;
  readonly color?: boolean;
}

export interface LineLoggerOptions {
  readonly level: string;
  readonly origin: LogOrigin;
  readonly format: LogFormat;
  readonly color: boolean;
  /** Takes a complete record. */
  readonly write: (text: string) => void;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly fields?: LogFields;
}

export interface LineLogger extends Logger {
  /** Applies to child loggers, too. */
  applySettings(settings: LoggerSettings): void;
}

/** The logger of all processes except the main process: no winston, each call becomes one complete record. */
export function createLineLogger(options: LineLoggerOptions): LineLogger {
  const core = new LineCore(options);
  const applySettings = (settings: LoggerSettings): void => core.applySettings(settings);
  return installLoggerMethods({ applySettings }, core, options.fields);
}

class LineCore implements LogCore {
  #level: LogLevel;
  #limit: number;
  #format: { readonly format: LogFormat; readonly color: boolean };
  readonly #now: () => number;

  constructor(private readonly options: LineLoggerOptions) {
    this.#level = parseLogLevel(options.level);
    this.#limit = levelRank(this.#level);
    this.#format = { format: options.format, color: options.color };
    this.#now = options.now ?? (() => systemClock.wallTime());
  }

  get level(): LogLevel {
    return this.#level;
  }

  set level(level: LogLevel) {
    this.#level = level;
    this.#limit = levelRank(level);
  }

  isEnabled(level: LogLevel): boolean {
    return levelRank(level) <= this.#limit;
  }

  emit(level: LogLevel, message: unknown, fields: LogFields | undefined): void {
    const record = { timeMs: this.#now(), level, message, fields, origin: this.options.origin };
    this.options.write(formatRecord(record, this.#format));
  }

  childTarget(): object {
    return {};
  }

  applySettings(settings: LoggerSettings): void {
    if (settings.level !== undefined) this.level = parseLogLevel(settings.level);
    const { format = this.#format.format, color = this.#format.color } = settings;
    this.#format = { format, color };
  }
}
