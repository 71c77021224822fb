import type { Logger as WinstonLogger } from 'winston';
import { systemClock } from '../common/clock';
import { messageOf } from '../common/errors';
import { isOwnKey } from '../record/format-json';
import { levelRank, parseLogLevel } from '../record/levels';
import type { LoggerSettings } from '../record/line-logger';
import { LOG_LEVELS, type LogFields, type LogLevel } from '../record/logger';
import { installLoggerMethods, type LogCore } from '../record/logger-methods';
import type { LogOrigin, LogRecord } from '../record/record';
import { validTime } from '../record/timestamp';
import type { MainLogger } from './main-logger';
import { installWinstonMembers } from './winston-bridge';
import { infoOf, recordOf } from './winston-record';

const FLUSH_DEADLINE_MS = 1000;

// The closest levels in winston's other sets (npm, syslog).
const NEAREST: Readonly<Partial<Record<LogLevel, readonly string[]>>> = {
  fatal: ['crit', 'emerg', 'error'],
  warn: ['warning'],
  trace: ['silly', 'debug'],
  debug: ['verbose'],
};

export interface UserLoggerOptions {
  readonly logger: object;
  readonly level: string;
  readonly origin: LogOrigin;
  /** The logger failed: this reports it on the terminal. */
  readonly onFailed: (reason: string) => void;
}

/** A winston logger of the user, used as the logger of the main process. */
export class UserLogger {
  readonly mainLogger: MainLogger;
  readonly #winston: WinstonLogger;
  readonly #onFailed: (reason: string) => void;
  readonly #levels = new Map<LogLevel, string>();

  constructor({ logger, level, origin, onFailed }: UserLoggerOptions) {
    this.#winston = logger as WinstonLogger;
    this.#onFailed = onFailed;
    for (const name of LOG_LEVELS) this.#levels.set(name, nearestLevel(this.#winston, name));
    // Without a listener, a transport's 'error' would end the server.
    if (typeof this.#winston.on === 'function') {
      this.#winston.on('error', (error: unknown) => onFailed(messageOf(error)));
    }
    const core = new UserCore(parseLogLevel(level), origin, (record) => this.write(record));
    const applySettings = (settings: LoggerSettings): void => {
      if (settings.level !== undefined) core.level = parseLogLevel(settings.level);
    };
    const bridge = {
      winston: this.#winston,
      writer: (bound?: LogFields) => core.writer(bound),
    };
    core.install = (target, bound) => installWinstonMembers(target, () => bridge, bound);
    this.mainLogger = installLoggerMethods(core.install({ applySettings }), core) as unknown as MainLogger;
  }

  /** A record of any process. Never throws. */
  write(record: LogRecord): void {
    const { role, workerId: worker, generation, pid } = record.origin;
    const timestamp = new Date(validTime(record.timeMs)).toISOString();
    const fields = Object.entries(record.fields ?? {}).map(
      ([key, value]) => [isOwnKey(record, key) ? `${key}_` : key, value] as const,
    );
    try {
      this.#winston.log({
        timestamp,
        ...{ role, worker, ...(generation === undefined ? {} : { generation }), pid },
        ...infoOf({ ...record, fields: Object.fromEntries(fields) }),
        level: this.#levels.get(record.level) ?? record.level,
      } as never);
    } catch (error) {
      this.#onFailed(messageOf(error));
    }
  }

  /** Ends it, and waits until its transports have written what they hold, but not without a limit. */
  async end(): Promise<void> {
    const transports = [
      ...((this.#winston.transports as readonly NodeJS.WritableStream[] | undefined) ?? []),
    ];
    const written = transports.map(
      (transport) =>
        new Promise<void>((resolve) => {
          for (const event of ['finish', 'close', 'error']) transport.once(event, () => resolve());
        }),
    );
    const deadline = new Promise<void>((resolve) => systemClock.after(FLUSH_DEADLINE_MS, resolve));
    try {
      this.#winston.end();
      await Promise.race([Promise.all(written), deadline]);
    } catch (error) {
      this.#onFailed(messageOf(error));
    }
  }
}

class UserCore implements LogCore {
  level: LogLevel;
  install: <T extends object>(target: T, bound?: LogFields) => T = (target) => target;
  readonly #origin: LogOrigin;
  readonly #write: (record: LogRecord) => void;

  constructor(level: LogLevel, origin: LogOrigin, write: (record: LogRecord) => void) {
    this.level = level;
    this.#origin = origin;
    this.#write = write;
  }

  isEnabled(level: LogLevel): boolean {
    return levelRank(level) <= levelRank(this.level);
  }

  emit(level: LogLevel, message: unknown, fields: LogFields | undefined): void {
    this.#write({ timeMs: systemClock.wallTime(), level, message, fields, origin: this.#origin });
  }

  childTarget(bound: LogFields): object {
    return this.install({}, bound);
  }

  writer(bound?: LogFields): (info: unknown, ...rest: unknown[]) => boolean {
    return (info) => {
      const record = recordOf(info, { timeMs: systemClock.wallTime(), origin: this.#origin });
      if (this.isEnabled(record.level)) this.#write({ ...record, fields: { ...bound, ...record.fields } });
      return true;
    };
  }
}

function nearestLevel({ levels }: Partial<Pick<WinstonLogger, 'levels'>>, level: LogLevel): string {
  const known: Readonly<Record<string, unknown>> = levels ?? {};
  if (level in known) return level;
  return NEAREST[level]?.find((name) => name in known) ?? level;
}

/** `new LoggerClass(options)`, with explanations for mistakes. @throws Error */
export function makeUserLogger(LoggerClass: new (options: never) => object, options: object): object {
  const logger = new LoggerClass(options as never) as { log?: unknown; write?: unknown };
  if (typeof logger.log === 'function' && typeof logger.write === 'function') return logger;
  throw new Error(
    `loggerClass: an instance of ${LoggerClass.name || 'the class'} must be a winston logger (with the methods log and write). ` +
      `Return one from its constructor: return winston.createLogger({ … }).`,
  );
}
