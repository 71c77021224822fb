import type { DependencyContainer } from 'tsyringe';
import { systemClock } from '../common/clock';
import { messageOf } from '../common/errors';
import { loadConfig, type LoadedConfig } from '../config/load';
import type { UserSchema } from '../config/user-schema';
import { WorkerContext } from '../contract/context';
import type { Server } from '../contract/server';
import { captureConsole } from '../logging/console-capture';
import { RedirectableSink } from '../logging/redirectable-sink';
import { openSink } from '../logging/sink';
import { createWinstonLogger, type TopLogger } from '../logging/winston-logger';
import { ProcessManager } from '../process/process-manager';
import { EmbeddedPool } from '../servers/embedded-pool';
import { parentHooks } from '../servers/parent-hooks';
import type { WorkerPool } from '../servers/pool';
import { SupervisedPool } from '../servers/supervised-pool';
import { ServerRunner } from '../servers/server-runner';
import { snapshotShared } from '../servers/shared-snapshot';
import { ProcessLauncher } from '../servers/process-launcher';
import { SocketRegistry } from '../sockets/socket-registry';
import { PidFile } from '../supervisor/pid-file';
import type { CheckedClasses } from './check-classes';
import { findEntry } from './entry';
import type { SignalSource } from './signal-source';
import { makeServer, makeWorker, type ServerClass, type WorkerClass } from './wiring';

/** One engine as create() was given it. */
export interface EngineSpec {
  readonly serverClass: ServerClass;
  readonly workerClass: WorkerClass;
  readonly classes: CheckedClasses;
  readonly readConfig: () => unknown;
  readonly container: DependencyContainer | undefined;
  readonly entry: string | undefined;
  readonly engineIndex: number;
}

/** The log of the top process, as far as a reload may change it. */
class TopLog {
  readonly sink: RedirectableSink;
  readonly logger: TopLogger;
  #path: string | undefined;

  private constructor(sink: RedirectableSink, logger: TopLogger, path: string | undefined) {
    this.sink = sink;
    this.logger = logger;
    this.#path = path;
  }

  static async open({ engine }: LoadedConfig): Promise<TopLog> {
    const sink = new RedirectableSink(openSink(engine.log));
    const logger = await createWinstonLogger({
      level: engine.logLevel,
      origin: { role: 'server', pid: process.pid },
      format: engine.logFormat,
      color: sink.isTerminal,
      sink,
    });
    return new TopLog(sink, logger, engine.log);
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
}

/** Plays the server to its end. Resolves with the exit status; never rejects. */
export async function playServer(
  spec: EngineSpec,
  signals: SignalSource,
  onRunner: (runner: ServerRunner) => void,
): Promise<number> {
  const load = async (): Promise<LoadedConfig> => loadAll(spec, await spec.readConfig());
  let loaded: LoadedConfig;
  let log: TopLog;
  try {
    loaded = await load();
    log = await TopLog.open(loaded);
  } catch (error) {
    // There is no log yet: whoever started us reads the terminal.
    process.stderr.write(`serverengine: cannot start: ${messageOf(error)}\n`);
    return 1;
  }
  const { logger, sink } = log;
  const restoreConsole = captureConsole({
    stdout: loaded.engine.logStdout && sink.target !== 'stdout',
    stderr: loaded.engine.logStderr && sink.target !== 'stderr',
    logger,
  });
  for (const warning of loaded.warnings) logger.warn(warning);
  let pidFile: PidFile | undefined;
  try {
    if (loaded.engine.pidPath !== undefined) pidFile = new PidFile(loaded.engine.pidPath, logger);
    const registry = new SocketRegistry();
    const runner = new ServerRunner({
      loaded,
      load,
      makeServer: (context) => makeServer(spec.container, spec.serverClass, context),
      makePool: poolMaker(spec, log, registry),
      applyLog: (config) => log.apply(config),
      sockets: registry,
      logger,
      clock: systemClock,
    });
    const stopWatching = endOnUncaught(logger, runner);
    onRunner(runner);
    signals.consume((command) => runner.command(command));
    logger.info('server started', { workerType: loaded.engine.workerType });
    const status = await runner.run();
    stopWatching();
    logger.info('server finished', { status });
    return status;
  } catch (error) {
    logger.fatal('the server cannot start', { reason: messageOf(error) });
    return loaded.engine.daemonizeErrorExitCode;
  } finally {
    pidFile?.remove();
    restoreConsole();
    sink.flush();
    sink.close();
  }
}

function loadAll(spec: EngineSpec, raw: unknown): LoadedConfig {
  const { serverClass, workerClass, classes } = spec;
  const schemas = [classes.serverOptions['schema'], classes.workerOptions['schema']];
  return loadConfig({
    raw,
    serverOptions: { className: serverClass.name, options: classes.serverOptions },
    workerOptions: { className: workerClass.name, options: classes.workerOptions },
    env: process.env,
    userSchemas: [...new Set(schemas)].filter((schema): schema is UserSchema => schema !== undefined),
  });
}

function poolMaker(spec: EngineSpec, log: TopLog, registry: SocketRegistry) {
  const { logger, sink } = log;
  return (server: Server, config: () => LoadedConfig): WorkerPool => {
    const clock = systemClock;
    const random = (): number => Math.random();
    const engine = () => config().engine;
    const make = (workerId: number) =>
      makeWorker(
        spec.container,
        spec.workerClass,
        new WorkerContext<object, object>(config().user, logger, server, workerId),
      );
    switch (engine().workerType) {
      case 'embedded':
        if (engine().workers > 1) {
          logger.warn('workers has no effect: an embedded worker is always one', {
            workers: engine().workers,
          });
        }
        return new EmbeddedPool({ make, engine, logger, clock, random });
      case 'process':
        return new SupervisedPool({
          launcher: new ProcessLauncher({
            processes: new ProcessManager(clock, logger),
            sockets: registry,
            sink,
            logger,
            clock,
            entry: findEntry(spec.entry, spec.engineIndex),
            config,
            snapshot: () => snapshotShared(server),
          }),
          hooks: (workerId) => parentHooks(spec.workerClass, () => make(workerId), logger),
          engine,
          logger,
          clock,
          random,
        });
    }
  };
}

/** Something broke in the server process: the log says what, the workers finish, the status is not 0. */
function endOnUncaught(logger: TopLogger, runner: ServerRunner): () => void {
  const onUncaught = (error: unknown, origin: string): void => {
    if (process.listenerCount('uncaughtException') > 1) return;
    const what = origin === 'unhandledRejection' ? 'unhandled rejection' : 'uncaught exception';
    logger.fatal(`${what} in the server process, the server stops with status 1`, { error });
    runner.fail(1);
  };
  process.on('uncaughtException', onUncaught);
  return () => process.off('uncaughtException', onUncaught);
}
