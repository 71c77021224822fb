import type { LoadedConfig } from '../config/load';
import { captureConsole } from '../logging/console-capture';
import { RedirectableSink } from '../logging/redirectable-sink';
import { openSink } from '../logging/sink';
import { createWinstonLogger, type TopLogger } from '../logging/winston-logger';

/** The log of the top process, as far as a reload may change it. */
export class TopLog {
  readonly sink: RedirectableSink;
  readonly logger: TopLogger;
  #path: string | undefined;
  readonly #restoreConsole: () => void;

  private constructor(sink: RedirectableSink, logger: TopLogger, { engine }: LoadedConfig) {
    this.sink = sink;
    this.logger = logger;
    this.#path = engine.log;
    this.#restoreConsole = captureConsole({
      stdout: engine.logStdout && sink.target !== 'stdout',
      stderr: engine.logStderr && sink.target !== 'stderr',
      logger,
    });
  }

  /** @throws ConfigError when the log file cannot be opened. */
  static async open(config: LoadedConfig, role: string): Promise<TopLog> {
    const { engine } = config;
    const sink = new RedirectableSink(openSink(engine.log));
    const logger = await createWinstonLogger({
      level: engine.logLevel,
      origin: { role, pid: process.pid },
      format: engine.logFormat,
      color: sink.isTerminal,
      sink,
    });
    return new TopLog(sink, logger, config);
  }

  /** Also opens the file anew: whoever renamed it asks for a reload next. @throws ConfigError, and nothing has changed. */
  apply({ engine }: LoadedConfig): void {
    if (engine.log === this.#path) {
      this.sink.reopen();
    } else {
      this.sink.redirect(openSink(engine.log));
      this.#path = engine.log;
    }
    this.logger.applySettings({ level: engine.logLevel, color: this.sink.isTerminal });
  }

  close(): void {
    this.#restoreConsole();
    this.sink.flush();
    this.sink.close();
  }
}
