import { createRequire } from 'node:module';
import type { Logform, Logger as WinstonLogger } from 'winston';
import { levelRank } from '../record/levels';
import { LOG_LEVELS, type LogFields, type LogLevel } from '../record/logger';
import { levelOrInfo } from '../record/logger-methods';
import type { LogOrigin, LogRecord } from '../record/record';
import { infoOf, recordOf } from './winston-record';

// The symbol under which winston's transports look for the formatted text (package triple-beam).
const MESSAGE = Symbol.for('message');
const RECORD = Symbol('record');

/** Members of winston's loggers that a program may use, in addition to those of our own Logger. */
const MEMBERS: readonly string[] = [
  ...['add', 'remove', 'clear', 'close', 'configure', 'query', 'stream', 'profile', 'startTimer', 'cli'],
  ...['levels', 'transports', 'format', 'defaultMeta', 'silent', 'exitOnError', 'exceptions', 'rejections'],
  ...['profilers', 'getHighestLogLevel', 'handleExceptions', 'unhandleExceptions'],
  ...LOG_LEVELS.map((level) => `is${level[0]?.toUpperCase() ?? ''}${level.slice(1)}Enabled`),
  ...['write', 'end', 'pipe', 'unpipe', 'on', 'once', 'off', 'addListener', 'removeListener', 'emit'],
  ...['removeAllListeners', 'prependListener', 'listeners', 'listenerCount', 'setMaxListeners', 'destroy'],
  ...['writable', 'writableEnded', 'writableFinished', 'writableLength', 'destroyed', 'cork', 'uncork'],
];

interface BridgeDeps {
  readonly level: LogLevel;
  readonly isEnabled: (level: LogLevel) => boolean;
  /** Takes records that come in through winston's own methods. */
  readonly emit: (level: LogLevel, message: unknown, fields: LogFields | undefined) => void;
  /** A record as a complete line. */
  readonly text: (record: LogRecord) => string;
  readonly onFailed: (error: unknown) => void;
  readonly now: () => number;
  readonly origin: LogOrigin;
}

type Info = Logform.TransformableInfo & Readonly<Record<PropertyKey, unknown>>;
type WriteInfo = (info: unknown, ...rest: unknown[]) => boolean;

/** A real winston logger behind ours, for transports and everything else of winston that the user needs. */
export class WinstonBridge {
  readonly winston: WinstonLogger;
  readonly #deps: BridgeDeps;
  readonly #toTransports: (info: object) => void;

  constructor(deps: BridgeDeps) {
    this.#deps = deps;
    // Synchronously, because the caller of logger.add() does not wait; late, because most programs never call it.
    const { createLogger, format } = createRequire(__filename)('winston') as typeof import('winston');
    this.winston = createLogger({
      levels: Object.fromEntries(LOG_LEVELS.map((level) => [level, levelRank(level)])),
      level: deps.level,
      format: format((info) => this.#withLine(info))(),
    });
    const write = this.winston.write.bind(this.winston) as (info: unknown) => boolean;
    this.#toTransports = (info) => void write(info);
    // Its single entry point: this way profile(), startTimer() and streams piped into it reach the log, too.
    define(this.winston, 'write', this.writer());
    // Without a listener, a transport's 'error' would end the server.
    this.winston.on('error', (error: unknown) => deps.onFailed(error));
  }

  get isSilent(): boolean {
    return this.winston.silent;
  }

  /** A transport may have a finer level of its own. */
  wants(level: LogLevel): boolean {
    return this.winston.transports.some(
      (transport) =>
        transport.level !== undefined && levelRank(level) <= levelRank(levelOrInfo(transport.level)),
    );
  }

  pass(record: LogRecord): void {
    if (this.winston.transports.length === 0) return;
    try {
      this.#toTransports({ ...infoOf(record), [RECORD]: record });
    } catch (error) {
      this.#deps.onFailed(error);
    }
  }

  /** winston's write(), with the fields of a child logger. */
  writer(bound?: LogFields): WriteInfo {
    const { isEnabled, emit, now, origin } = this.#deps;
    return (info, ...rest) => {
      const { level, message, fields } = recordOf(info, { timeMs: now(), origin });
      if (isEnabled(level)) emit(level, message, bound ? { ...bound, ...fields } : fields);
      const done = rest.find((argument) => typeof argument === 'function') as (() => void) | undefined;
      if (done) process.nextTick(done);
      return true;
    };
  }

  /** Gives the user's transports our line as the text of a record. */
  #withLine(info: Logform.TransformableInfo): Logform.TransformableInfo {
    const { now, origin, text } = this.#deps;
    const known = (info as Info)[RECORD] as LogRecord | undefined;
    const record = known ?? recordOf(info, { timeMs: now(), origin });
    (info as Record<PropertyKey, unknown>)[MESSAGE] = text(record).slice(0, -1);
    return info;
  }
}

/** Puts winston's members on a logger of ours; `bridge` is called at each use of a member. */
export function installWinstonMembers<T extends object>(
  target: T,
  bridge: () => Pick<WinstonBridge, 'winston' | 'writer'>,
  bound?: LogFields,
): T {
  for (const name of MEMBERS) {
    Object.defineProperty(target, name, {
      get: () => memberOf(bridge(), name, bound),
      set: (value: unknown) => {
        Reflect.set(bridge().winston, name, value);
      },
      configurable: true,
    });
  }
  return target;
}

function memberOf(
  bridge: Pick<WinstonBridge, 'winston' | 'writer'>,
  name: string,
  bound: LogFields | undefined,
): unknown {
  if (name === 'write') return bridge.writer(bound);
  const { winston } = bridge;
  const member: unknown = Reflect.get(winston, name);
  return typeof member === 'function' ? (member.bind(winston) as unknown) : member;
}

function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, configurable: true });
}
