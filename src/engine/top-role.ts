import { systemClock } from '../common/clock';
import { messageOf } from '../common/errors';
import { changeIdentity, giveTo, resolveIdentity } from '../common/identity';
import type { LoadedConfig } from '../config/load';
import { Server } from '../contract/server';
import { ServerContext } from '../contract/context';
import { ProcessManager } from '../process/process-manager';
import { daemonRole, ROLE_ENV } from '../process/protocol';
import type { CommandTarget } from '../servers/commands';
import { commandSignals } from '../servers/command-signals';
import type { ServerRunner } from '../servers/server-runner';
import { SocketRegistry } from '../sockets/socket-registry';
import { launchDaemon, LauncherReport } from '../supervisor/daemon';
import { PidFile } from '../supervisor/pid-file';
import { SupervisorRunner } from '../supervisor/supervisor-runner';
import { readCommandPipe } from './command-pipe';
import { readConfig, type EngineSpec } from './engine-spec';
import { findEntry } from './entry';
import { createServerRunner, endOnUncaught } from './server-body';
import { ServerSpawner } from './server-spawner';
import type { SignalSource } from './signal-source';
import { TopLog } from './top-log';
import { makeServer } from './wiring';

/** What a running top process can be told by the ServerEngine object. */
export interface RunningTop extends CommandTarget {
  /** Undefined under a supervisor: the server is another process. */
  readonly server: ServerRunner | undefined;
}

/**
 * Plays the process at the top of the tree to its end: launcher, supervisor or server.
 * Resolves with the exit status; never rejects.
 * @param isDaemon we were started by a launcher, which waits for a report.
 */
export async function playTop(
  spec: EngineSpec,
  signals: SignalSource,
  isDaemon: boolean,
  onRunning: (running: RunningTop) => void,
): Promise<number> {
  const report = isDaemon ? new LauncherReport() : undefined;
  const refuse = async (reason: string): Promise<void> => {
    if (report) await report.failed(reason);
    // There is no log yet: whoever started us reads the terminal.
    else process.stderr.write(`serverengine: cannot start: ${reason}\n`);
  };
  let loaded: LoadedConfig;
  try {
    loaded = await readConfig(spec);
  } catch (error) {
    await refuse(messageOf(error));
    return 1;
  }
  const { engine } = loaded;
  try {
    if (engine.daemonize && !isDaemon) return await launch(spec, signals, loaded);
    return await new Top(spec, signals, loaded, report).play(onRunning);
  } catch (error) {
    await refuse(messageOf(error));
    return engine.daemonizeErrorExitCode;
  }
}

async function launch(spec: EngineSpec, signals: SignalSource, { engine }: LoadedConfig): Promise<number> {
  // Ctrl-C at the launcher means: do not start.
  signals.release();
  const { command, args, engineIndex } = findEntry(spec.entry, spec.engineIndex);
  const outcome = await launchDaemon({
    command,
    args,
    env: { ...process.env, [ROLE_ENV]: daemonRole(engineIndex) },
    title: engine.supervisor ? engine.daemonProcessName : engine.serverProcessName,
    timeoutMs: engine.daemonizeTimeoutMs,
    clock: systemClock,
  });
  if ('pid' in outcome) return 0;
  process.stderr.write(`serverengine: cannot start: ${outcome.failure}\n`);
  return engine.daemonizeErrorExitCode;
}

/** The log, the pid file, the identity and the signals of the top process, around supervisor or server. */
class Top {
  readonly #spec: EngineSpec;
  readonly #signals: SignalSource;
  readonly #loaded: LoadedConfig;
  readonly #report: LauncherReport | undefined;
  readonly #registry = new SocketRegistry();

  constructor(
    spec: EngineSpec,
    signals: SignalSource,
    loaded: LoadedConfig,
    report: LauncherReport | undefined,
  ) {
    this.#spec = spec;
    this.#signals = signals;
    this.#loaded = loaded;
    this.#report = report;
  }

  /** @throws ConfigError when it cannot start. */
  async play(onRunning: (running: RunningTop) => void): Promise<number> {
    const { engine, warnings } = this.#loaded;
    const role = engine.supervisor ? 'supervisor' : 'server';
    // A wrong name is found before anything starts.
    const identity = resolveIdentity({
      user: engine.chuser,
      group: engine.chgroup,
      userKey: 'chuser',
      groupKey: 'chgroup',
    });
    const log = await TopLog.open(this.#loaded, role);
    const { logger } = log;
    let pidFile: PidFile | undefined;
    try {
      for (const warning of warnings) logger.warn(warning);
      const title = engine.supervisor ? engine.daemonProcessName : engine.serverProcessName;
      if (title !== undefined) process.title = title;
      if (engine.pidPath !== undefined) pidFile = new PidFile(engine.pidPath, logger);
      // The files are opened while we still may, and given to whom we become: a reload opens the log again.
      giveTo(identity, [engine.pidPath, engine.log === '-' ? undefined : engine.log]);
      changeIdentity(identity, engine.chumask);
      const runner = engine.supervisor ? this.#supervisor(log) : this.#server(log);
      const stopWatching = endOnUncaught(role, logger, (status) => runner.fail(status));
      const stopReading = engine.commandSender === 'pipe' ? readCommandPipe(runner, logger) : undefined;
      onRunning({
        command: (command) => runner.command(command),
        server: runner instanceof SupervisorRunner ? undefined : runner,
      });
      this.#signals.deliver(commandSignals(engine), runner);
      logger.info(`${role} started`, engine.supervisor ? {} : { workerType: engine.workerType });
      const status = await runner.run();
      stopWatching();
      stopReading?.();
      logger.info(`${role} finished`, { status });
      return status;
    } catch (error) {
      logger.fatal(`the ${role} cannot start`, { reason: messageOf(error) });
      throw error;
    } finally {
      pidFile?.remove();
      log.close();
    }
  }

  #server(log: TopLog): ServerRunner {
    return createServerRunner(this.#spec, {
      loaded: this.#loaded,
      load: () => readConfig(this.#spec),
      applyLog: (config) => log.apply(config),
      onUp: () => void this.#report?.up(),
      onFailed: (reason) => void this.#report?.failed(reason),
      onUnrecoverable: () => {},
      logger: log.logger,
      sink: log.sink,
      sockets: this.#registry,
    });
  }

  #supervisor(log: TopLog): SupervisorRunner {
    const { logger, sink } = log;
    const spec = this.#spec;
    const processes = new ProcessManager(systemClock, logger);
    const spawner = new ServerSpawner({
      processes,
      registry: this.#registry,
      sink,
      logger,
      entry: findEntry(spec.entry, spec.engineIndex),
    });
    return new SupervisorRunner({
      loaded: this.#loaded,
      load: () => readConfig(spec),
      startServer: (generation, config, notices) => spawner.start(generation, config, notices),
      letGo: () => processes.letGo(),
      afterStart: this.#afterStart(logger),
      applyLog: (config) => log.apply(config),
      onUp: () => void this.#report?.up(),
      onFailed: (reason) => {
        // A launcher that was told of the failure must not leave a daemon behind.
        const givesUp = this.#report !== undefined && !this.#report.isDone;
        void this.#report?.failed(reason);
        return givesUp;
      },
      logger,
      clock: systemClock,
    });
  }

  /** A server object of its own, made only for a class that has the hook. */
  #afterStart(logger: TopLog['logger']): (() => void | Promise<void>) | undefined {
    const { serverClass, container } = this.#spec;
    if (
      Reflect.get(serverClass.prototype as object, 'afterStart') ===
      Reflect.get(Server.prototype, 'afterStart')
    ) {
      return undefined;
    }
    const server = makeServer(container, serverClass, new ServerContext<object>(this.#loaded.user, logger));
    return () => server.afterStart();
  }
}
