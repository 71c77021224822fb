import type { Logger as WinstonLogger } from 'winston';
import { systemClock } from '../common/clock';
import { isError } from '../common/errors';
import { formatRecord } from '../record/format';
import { levelRank, parseLogLevel } from '../record/levels';
import type { LoggerSettings } from '../record/line-logger';
import type { LogSink } from '../record/log-sink';
import type { LogFields, Logger, LogLevel } from '../record/logger';
import { installLoggerMethods, type LogCore } from '../record/logger-methods';
import type { FormatOptions, LogFormat, LogOrigin, LogRecord } from '../record/record';
import { installWinstonMembers, WinstonBridge } from './winston-bridge';

export interface MainLoggerSettings extends LoggerSettings {
  /** A reload has moved the log. The old sink stays open. */
  readonly sink?: LogSink;
}

export interface MainLoggerOptions {
  readonly level: string;
  readonly origin: LogOrigin;
  readonly format: LogFormat;
  readonly color: boolean;
  readonly sink: LogSink;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** A winston logger (add, remove, profile, …) whose level methods are those of our Logger. */
export type MainLogger = Logger &
  Omit<WinstonLogger, keyof Logger> & {
    /** Applies to child loggers, too. */
    applySettings(settings: MainLoggerSettings): void;
  };

/**
 * The logger of the main process. Records go straight to the sink, synchronously: a full or broken transport of the
 * user, or an exit in the next line, costs no record. Code that uses more than our Logger has gets all of winston,
 * which is loaded only then: transports that the user adds get every record of this process.
 */
export function createMainLogger(options: MainLoggerOptions): MainLogger {
  const core = new MainCore(options);
  const applySettings = (settings: MainLoggerSettings): void => core.applySettings(settings);
  const target = installWinstonMembers({ applySettings }, () => core.bridge);
  return installLoggerMethods(target, core) as unknown as MainLogger;
}

class MainCore implements LogCore {
  #level: LogLevel;
  #options: FormatOptions;
  #sink: LogSink;
  #bridge: WinstonBridge | undefined;
  readonly #now: () => number;
  readonly #origin: LogOrigin;

  constructor(options: MainLoggerOptions) {
    this.#level = parseLogLevel(options.level);
    this.#options = { format: options.format, color: options.color };
    this.#sink = options.sink;
    this.#origin = options.origin;
    this.#now = options.now ?? (() => systemClock.wallTime());
    this.#claimSink();
  }

  /** Loads winston on the first call. */
  get bridge(): WinstonBridge {
    this.#bridge ??= new WinstonBridge({
      level: this.#level,
      isEnabled: (level) => this.isEnabled(level),
      emit: (level, message, fields) => this.emit(level, message, fields),
      text: (record) => this.#text(record, false),
      onFailed: (error) => this.#reportTransport(error),
      now: this.#now,
      origin: this.#origin,
    });
    return this.#bridge;
  }

  get level(): LogLevel {
    return this.#level;
  }

  set level(level: LogLevel) {
    this.#level = level;
  }

  isEnabled(level: LogLevel): boolean {
    return this.#isOurs(level) || (this.#bridge?.wants(level) ?? false);
  }

  emit(level: LogLevel, message: unknown, fields: LogFields | undefined): void {
    const record: LogRecord = { timeMs: this.#now(), level, message, fields, origin: this.#origin };
    if (this.#isOurs(level)) this.#toSink(record);
    this.#bridge?.pass(record);
  }

  childTarget(bound: LogFields): object {
    return installWinstonMembers({}, () => this.bridge, bound);
  }

  applySettings(settings: MainLoggerSettings): void {
    if (settings.level !== undefined) this.#level = parseLogLevel(settings.level);
    const { format = this.#options.format, color = this.#options.color } = settings;
    this.#options = { format, color };
    if (settings.sink === undefined || settings.sink === this.#sink) return;
    this.#sink.flush();
    this.#sink = settings.sink;
    this.#claimSink();
  }

  #isOurs(level: LogLevel): boolean {
    return levelRank(level) <= levelRank(this.#level) && this.#bridge?.isSilent !== true;
  }

  #toSink(record: LogRecord): void {
    this.#sink.write(this.#text(record, this.#options.color));
    // The process may end after an error.
    if (record.level === 'fatal' || record.level === 'error') this.#sink.flush();
  }

  #text(record: LogRecord, color: boolean): string {
    return formatRecord(record, { format: this.#options.format, color });
  }

  #reportTransport(error: unknown): void {
    const fields = isError(error) ? { error } : { reason: error };
    const message = 'log transport failed';
    this.#toSink({ timeMs: this.#now(), level: 'error', message, fields, origin: this.#origin });
  }

  #claimSink(): void {
    this.#sink.setDropNotice((lines) => {
      const record = {
        timeMs: this.#now(),
        level: 'warn',
        message: 'log lines dropped',
        origin: this.#origin,
      } as const;
      return this.#text({ ...record, fields: { lines } }, this.#options.color);
    });
  }
}
