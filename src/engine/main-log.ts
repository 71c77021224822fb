import { writeSync } from 'node:fs';
import { ConfigError, messageOf } from '../common/errors';
import { fromStart } from '../common/start-directory';
import type { Identity } from '../common/identity';
import type { EngineConfig } from '../config/engine-config';
import type { LoadedConfig } from '../config/load';
import type { LogPlace } from '../control/control-protocol';
import { prepareLog } from '../log-file/prepare-log';
import { captureConsole } from '../record/console-capture';
import type { LogFormat } from '../record/record';
import { RedirectableSink } from '../record/redirectable-sink';
import { openSink, type OpenedSink } from '../log-file/sink';
import { createMainLogger, type MainLogger } from '../winston/main-logger';
import type { UserLogger } from '../winston/user-logger';

// Enough to recognize what it was.
const MOST_SHOWN = 500;

interface Opened {
  readonly sink: RedirectableSink;
  readonly logger: MainLogger;
  readonly userLogger?: UserLogger;
}

/** The log of the main process, as far as a reload may change it. */
export class MainLog {
  readonly sink: RedirectableSink;
  readonly logger: MainLogger;
  readonly #userLogger: UserLogger | undefined;
  readonly #format: LogFormat;
  #path: string | undefined;
  readonly #restoreConsole: () => void;

  private constructor({ sink, logger, userLogger }: Opened, { engine }: LoadedConfig) {
    this.sink = sink;
    this.logger = logger;
    this.#userLogger = userLogger;
    this.#path = engine.log;
    this.#format = engine.logFormat;
    // A logger of the user may print to the console: it must not get its own output as input.
    const isOurs = userLogger === undefined;
    this.#restoreConsole = captureConsole({
      stdout: isOurs && engine.logStdout && sink.target !== 'stdout',
      stderr: isOurs && engine.logStderr && sink.target !== 'stderr',
      logger,
    });
  }

  /**
   * Prepares the log files while we are still root. Daily files are not prepared: their writer makes a new one each
   * day.
   * @throws ConfigError
   */
  static prepare(engine: EngineConfig, identity: Identity | undefined): void {
    const path = pathOf(engine);
    if (path === undefined || path === '-' || engine.logger || engine.logRotateDaily) return;
    prepareLog(path, engine.logFileMode & ~(engine.chumask ?? 0), identity);
  }

  /**
   * @param isShared another process still writes to the same file: the one that we take over from.
   * @throws ConfigError when the log file cannot be opened, or the user's logger cannot be made.
   */
  static async open(config: LoadedConfig, role: string, isShared: boolean): Promise<MainLog> {
    const { engine } = config;
    const origin = { role, pid: process.pid };
    if (engine.logger ?? engine.loggerClass) return new MainLog(await openUserLogger(engine, origin), config);
    const opened = await openSink(pathOf(engine), { ...fileOptions(engine), isShared });
    const sink = new RedirectableSink(opened.sink);
    const logger = createMainLogger({
      level: engine.logLevel,
      origin,
      format: engine.logFormat,
      color: sink.isTerminal,
      sink,
    });
    reportHalfLine(logger, opened);
    return new MainLog({ sink, logger }, config);
  }

  /**
   * Also reopens the file, because a program that renamed it asks for a reload next. @throws ConfigError; then nothing
   * has changed.
   */
  async apply({ engine }: LoadedConfig): Promise<void> {
    if (this.#userLogger === undefined) {
      if (engine.log === this.#path) {
        this.sink.reopen();
      } else {
        const opened = await openSink(pathOf(engine), fileOptions(engine));
        this.sink.redirect(opened.sink);
        this.#path = engine.log;
        reportHalfLine(this.logger, opened);
      }
    }
    this.logger.applySettings({ level: engine.logLevel, color: this.sink.isTerminal });
  }

  /** Where the log is now: a reload may have moved it. */
  get place(): LogPlace {
    if (this.#userLogger) return { path: undefined, target: 'logger', format: this.#format };
    const { target } = this.sink;
    const path = target === 'file' && this.#path !== undefined ? fromStart(this.#path) : undefined;
    return { path, target, format: this.#format };
  }

  async close(): Promise<void> {
    this.#restoreConsole();
    this.sink.flush();
    this.sink.close();
    await this.#userLogger?.end();
  }
}

async function openUserLogger(
  engine: EngineConfig,
  origin: { readonly role: string; readonly pid: number },
): Promise<Opened> {
  const { makeUserLogger, UserLogger } = await import('../winston/user-logger');
  const { UserLoggerSink } = await import('../winston/user-logger-sink');
  let given: object;
  try {
    const { logLevel, logFormat, logRotateAge, logRotateSize, logRotateDaily, logCompress, logFileMode } =
      engine;
    const rotate = { logRotateAge, logRotateSize, logRotateDaily, logCompress };
    const keys = { log: pathOf(engine), logLevel, logFormat, logFileMode, ...rotate };
    given = engine.logger ?? makeUserLogger(engine.loggerClass as new (options: never) => object, keys);
  } catch (error) {
    throw new ConfigError('ERR_CONFIG_INVALID', messageOf(error), { cause: error });
  }
  const onFailed = (reason: string): void => reportFailure(reason);
  const userLogger = new UserLogger({ logger: given, level: engine.logLevel, origin, onFailed });
  const sink = new RedirectableSink(new UserLoggerSink((record) => userLogger.write(record)));
  return { sink, logger: userLogger.mainLogger, userLogger };
}

/** A relative path is relative to the directory in which the process was started, even after a chdir. */
function pathOf({ log }: EngineConfig): string | undefined {
  return log === undefined || log === '-' ? log : fromStart(log);
}

function fileOptions(engine: EngineConfig) {
  const rotation = {
    age: engine.logRotateAge,
    sizeBytes: engine.logRotateSize,
    daily: engine.logRotateDaily,
    compress: engine.logCompress,
  };
  return { rotation, mode: engine.logFileMode };
}

function reportHalfLine(logger: MainLogger, { halfLine }: OpenedSink): void {
  if (halfLine === undefined) return;
  logger.warn('the log ended in half a line, as after a power cut or kill -9: the half line was removed', {
    text: halfLine.slice(0, MOST_SHOWN),
    length: halfLine.length,
  });
}

let reportedFailures = 0;

/** Not for each line: a failing logger may fail for all of them. */
function reportFailure(reason: string): void {
  reportedFailures += 1;
  if (reportedFailures > 1) return;
  try {
    writeSync(
      2,
      `serverengine: the logger given in the config failed: ${reason}. Its records may be lost; the server goes on.\n`,
    );
  } catch {
    // There is nowhere left to report this.
  }
}
