import type { Logform, Logger as WinstonLogger } from 'winston';
import { systemClock } from '../common/clock';
import { isError } from '../common/errors';
import { formatRecord } from './format';
import { levelRank, parseLogLevel } from './levels';
import type { LoggerSettings } from './line-logger';
import type { LogSink } from './log-sink';
import { LOG_LEVELS, type LogFields, type Logger, type LogLevel } from './logger';
import { installLoggerFace, levelOrInfo, type LogCore } from './logger-face';
import { messageText } from './message-text';
import type { FormatOptions, LogFormat, LogOrigin, LogRecord } from './record';

// The names under which winston and its transports look for them (package triple-beam).
const LEVEL = Symbol.for('level');
const MESSAGE = Symbol.for('message');
const RECORD = Symbol('record');

export interface TopLoggerSettings extends LoggerSettings {
  /** The log was moved by a reload. The old sink is left open. */
  readonly sink?: LogSink;
}

export interface WinstonLoggerOptions {
  readonly level: string;
  readonly origin: LogOrigin;
  readonly format: LogFormat;
  readonly color: boolean;
  readonly sink: LogSink;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** A true winston logger (add, remove, profile, …) whose level methods are those of our Logger. */
export type TopLogger = Logger &
  Omit<WinstonLogger, keyof Logger> & {
    /** Holds for the children too. */
    applySettings(settings: TopLoggerSettings): void;
  };

/**
 * The logger of the top process. Records go straight to the sink, synchronously: a full or broken transport of the
 * user, or an exit in the next line, costs no record. Transports that the user adds get every record through winston.
 */
export async function createWinstonLogger(options: WinstonLoggerOptions): Promise<TopLogger> {
  // Loaded here only: the other roles need none of it.
  const { createLogger, format } = await import('winston');
  const core = new WinstonCore(options);
  const winston = createLogger({
    levels: Object.fromEntries(LOG_LEVELS.map((level) => [level, levelRank(level)])),
    level: parseLogLevel(options.level),
    format: format((info) => core.withLine(info))(),
  });
  core.attach(winston);
  const applySettings = (settings: TopLoggerSettings): void => core.applySettings(settings);
  const logger = installLoggerFace(Object.assign(winston, { applySettings }), core);
  return logger;
}

interface Info extends Logform.TransformableInfo {
  readonly [RECORD]?: LogRecord;
}

type WriteInfo = (info: unknown, ...rest: unknown[]) => boolean;

class WinstonCore implements LogCore {
  #level: LogLevel;
  #options: FormatOptions;
  #sink: LogSink;
  #winston: WinstonLogger | undefined;
  #toTransports: (info: Info) => void = () => {};
  readonly #now: () => number;
  readonly #origin: LogOrigin;

  constructor(options: WinstonLoggerOptions) {
    this.#level = parseLogLevel(options.level);
    this.#options = { format: options.format, color: options.color };
    this.#sink = options.sink;
    this.#origin = options.origin;
    this.#now = options.now ?? (() => systemClock.wallTime());
    this.#claimSink();
  }

  /** Gives the user's transports our line as the text of a record. */
  withLine(info: Info): Info {
    const record = info[RECORD] ?? this.#recordOf(info);
    (info as Record<symbol, unknown>)[MESSAGE] = this.#text(record, false).slice(0, -1);
    return info;
  }

  /** Takes over winston's one way in, so that profile(), startTimer() and streams piped into it reach the sink too. */
  attach(winston: WinstonLogger): void {
    this.#winston = winston;
    const write = winston.write.bind(winston) as (info: unknown) => boolean;
    this.#toTransports = (info) => void write(info);
    Object.defineProperty(winston, 'write', {
      value: this.#foreignWrite(),
      writable: true,
      configurable: true,
    });
    // Unheard, a transport's 'error' would end the server.
    winston.on('error', (error: unknown) => this.#reportTransport(error));
  }

  get level(): LogLevel {
    return this.#level;
  }

  set level(level: LogLevel) {
    this.#level = level;
  }

  isEnabled(level: LogLevel): boolean {
    return this.#isOurs(level) || this.#transportWants(level);
  }

  emit(level: LogLevel, message: unknown, fields: LogFields | undefined): void {
    const record: LogRecord = { timeMs: this.#now(), level, message, fields, origin: this.#origin };
    if (this.#isOurs(level)) this.#toSink(record);
    if (this.#winston === undefined || this.#winston.transports.length === 0) return;
    try {
      this.#toTransports(infoOf(record));
    } catch (error) {
      this.#reportTransport(error);
    }
  }

  childTarget(bound: LogFields): object {
    const write = { value: this.#foreignWrite(bound), writable: true, configurable: true };
    return Object.create(this.#winston ?? null, { write }) as object;
  }

  applySettings(settings: TopLoggerSettings): void {
    if (settings.level !== undefined) this.#level = parseLogLevel(settings.level);
    const { format = this.#options.format, color = this.#options.color } = settings;
    this.#options = { format, color };
    if (settings.sink === undefined || settings.sink === this.#sink) return;
    this.#sink.flush();
    this.#sink = settings.sink;
    this.#claimSink();
  }

  #isOurs(level: LogLevel): boolean {
    return levelRank(level) <= levelRank(this.#level) && this.#winston?.silent !== true;
  }

  /** A transport may have a finer level of its own. */
  #transportWants(level: LogLevel): boolean {
    return (this.#winston?.transports ?? []).some(
      (transport) =>
        transport.level !== undefined && levelRank(level) <= levelRank(levelOrInfo(transport.level)),
    );
  }

  #toSink(record: LogRecord): void {
    this.#sink.write(this.#text(record, this.#options.color));
    // What comes after an error may be the end of the process.
    if (record.level === 'fatal' || record.level === 'error') this.#sink.flush();
  }

  #text(record: LogRecord, color: boolean): string {
    return formatRecord(record, { format: this.#options.format, color });
  }

  #foreignWrite(bound?: LogFields): WriteInfo {
    return (info, ...rest) => {
      const { level, message, fields } = this.#recordOf(info);
      if (this.isEnabled(level)) this.emit(level, message, bound ? { ...bound, ...fields } : fields);
      const done = rest.find((argument) => typeof argument === 'function') as (() => void) | undefined;
      if (done) process.nextTick(done);
      return true;
    };
  }

  #recordOf(info: unknown): LogRecord {
    const base = { timeMs: this.#now(), origin: this.#origin };
    if (typeof info !== 'object' || info === null || Buffer.isBuffer(info)) {
      return { ...base, level: 'info', message: String(info).replace(/\n+$/, '') };
    }
    const { level, message, ...fields } = info as Record<string, unknown>;
    const known = levelOrInfo((info as Record<symbol, unknown>)[LEVEL] ?? level);
    return { ...base, level: known, message: isError(info) ? info : message, fields };
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

/** A record the way winston's transports and formats expect it. */
function infoOf(record: LogRecord): Info {
  const error = isError(record.message) ? record.message : record.fields?.['error'];
  return {
    ...record.fields,
    ...(isError(error) ? { error, stack: error.stack } : {}),
    level: record.level,
    message: messageText(record.message),
    [LEVEL]: record.level,
    [RECORD]: record,
  };
}
