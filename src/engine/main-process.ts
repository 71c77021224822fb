import type { CommandTarget } from '../commands/command';
import { ObservedTarget } from '../commands/observed-target';
import type { RunningEngine } from '../commands/running-engine';
import { commandSignals } from '../commands/command-signals';
import { attempt } from '../common/attempt';
import { BlockingFlag } from '../common/blocking-flag';
import { systemClock } from '../common/clock';
import { messageOf } from '../common/errors';
import { changeIdentity, type Identity } from '../common/identity';
import { resolveIdentity } from '../common/resolve-identity';
import type { SocketQuery } from '../common/socket-query';
import { fromStart } from '../common/start-directory';
import { describeWorkers, type LoadedConfig } from '../config/load';
import { EventHub } from '../contract/event-hub';
import type { Logger } from '../record/logger';
import type { ServerRunner } from '../server/server-runner';
import { heldAddresses } from '../sockets/held-addresses';
import { ServiceSockets } from '../sockets/service-sockets';
import { SocketRegistry, type RegistryEntry } from '../sockets/socket-registry';
import type { HandedOver, LauncherReport } from '../supervisor/daemon';
import { PidFile, type PidFileOptions } from '../supervisor/pid-file';
import type { SupervisorRunner } from '../supervisor/supervisor-runner';
import { readCommandPipe } from './command-pipe';
import type { EngineDefinition } from './engine-definition';
import { Interrupts } from './interrupts';
import { endOnUncaught } from './create-server-runner';
import type { SignalSource } from './signal-source';
import { MainLog } from './main-log';
import { startServices, type MainServices } from './main-services';
import { socketsAreFor } from './socket-activation';
import { mainServer, type MainEnvironment } from './main-server';
import { Upgrade } from './upgrade';

export interface MainProcessDeps {
  readonly spec: EngineDefinition;
  readonly signals: SignalSource;
  readonly loaded: LoadedConfig;
  /** The process that started this one waits for this report. */
  readonly report: LauncherReport | undefined;
  /** Sockets that a predecessor handed over, already open. */
  readonly handedOver: HandedOver;
  /** Sockets that a service manager opened for us. */
  readonly activated: readonly RegistryEntry[];
  /** The pid of the predecessor: the pid file belongs to it until we are up. */
  readonly predecessor: number | undefined;
}

/** The log, the pid file, the identity and the signals of the main process, around supervisor or server. */
export class MainProcess {
  readonly #deps: MainProcessDeps;
  readonly #registry = new SocketRegistry((wanted, held) => this.#onTwoTrees(wanted, held));
  readonly #serviceSockets: ServiceSockets;
  readonly #treeEvents = new EventHub();
  #logger: Logger | undefined;
  #pidFile: PidFile | undefined;
  /** The server is up. */
  readonly #isUp = new BlockingFlag();
  /** It is up, its start has failed once, or it has ended. */
  readonly #hasBooted = new BlockingFlag();
  /** Set when the successor of an upgrade serves. */
  readonly #isSucceeded = new BlockingFlag();

  constructor(deps: MainProcessDeps) {
    this.#deps = deps;
    this.#serviceSockets = new ServiceSockets(deps.handedOver.serviceSockets);
    for (const entry of deps.handedOver.sockets) this.#registry.borrow(entry);
    for (const entry of deps.activated) this.#registry.adopt(entry);
  }

  /** @throws ConfigError when it cannot start. */
  async play(onRunning: (running: RunningEngine) => void): Promise<number> {
    const { signals, predecessor } = this.#deps;
    const { engine, warnings } = this.#deps.loaded;
    const role = engine.supervisor ? 'supervisor' : 'server';
    // A wrong user name is found before anything starts.
    const identity = resolveIdentity({
      user: engine.chuser,
      group: engine.chgroup,
      userKey: 'chuser',
      groupKey: 'chgroup',
    });
    // Before the log: the owner of the pid file owns the log, too, and no other process may touch it.
    if (predecessor === undefined) this.#writePidFile({ identity });
    const log = await this.#openLog(role, identity);
    const { logger } = log;
    this.#logger = logger;
    let services: MainServices | undefined;
    try {
      for (const warning of warnings) logger.warn(warning);
      this.#pidFile?.report(logger);
      this.#reportActivation(logger);
      const title = engine.supervisor ? engine.daemonProcessName : engine.serverProcessName;
      if (title !== undefined) process.title = title;
      // All server processes must have the same token: the next one takes over the sockets of the last.
      if (engine.supervisor) (await import('../socket-manager/token')).ensureToken();
      const around: MainEnvironment = {
        spec: this.#deps.spec,
        loaded: this.#deps.loaded,
        log,
        registry: this.#registry,
        treeEvents: this.#treeEvents,
        onUp: () => this.#onUp(logger),
        onFailed: (reason) => this.#onFailed(reason, logger),
        onTrying: (reason) => {
          this.#hasBooted.set();
          this.#deps.report?.trying(reason);
        },
      };
      // A server without a supervisor does not load the supervisor's code.
      const runner = engine.supervisor
        ? (await import('./main-supervisor')).mainSupervisor(around)
        : mainServer(around);
      const upgrade = this.#upgrade(runner, logger);
      const stopWatching = endOnUncaught(role, logger, (status, why) => runner.fail(status, why));
      const top = new ObservedTarget(upgrade);
      const stopReading =
        engine.commandSender === 'pipe' ? readCommandPipe({ target: top, logger }) : undefined;
      this.#reportWhenUp(top, logger);
      const running: RunningEngine = {
        submit: (command) => top.submit(command),
        status: () => Promise.resolve(runner.status()),
        programMetrics: () => runner.programMetrics(),
      };
      onRunning(running);
      const interrupts = new Interrupts({
        logger,
        clock: systemClock,
        waitingFor: () => waits(runner, upgrade),
      });
      signals.deliver({
        commands: commandSignals(engine),
        onCommand: (command, signal) => void top.submit(interrupts.harden(command, signal)),
        onUnknown: (signal) => logger.warn('signal ignored: it means no command', { signal }),
        onTerminalLost: (isStop) => {
          logger.info(
            `the terminal is gone: ${isStop ? 'graceful stop' : 'no standard stream uses it, so the engine goes on'}`,
          );
          if (isStop) void top.submit({ kind: 'stop', graceful: true });
        },
      });
      services = await startServices({
        spec: this.#deps.spec,
        loaded: this.#deps.loaded,
        engine,
        running,
        events: this.#treeEvents,
        onCommand: (listener) => top.onCommand(listener),
        logger,
        log: () => log.place,
        isUp: this.#isUp,
        isSucceeded: this.#isSucceeded,
        logCounts: () => log.sink.counts(),
        predecessor,
        serviceSockets: this.#serviceSockets,
      });
      logger.info(`${role} started`, {
        ...(engine.supervisor ? {} : describeWorkers(this.#deps.loaded)),
        predecessor,
      });
      const status = await runner.run();
      this.#hasBooted.set();
      logger.info(`${role} finished`, { status });
      // If this tree ends while a successor boots, the successor still takes over.
      await upgrade.settled();
      const standsIn = !engine.daemonize && !services.knowsSuccessor();
      const final = upgrade.successor && standsIn ? await upgrade.standIn() : status;
      upgrade.over();
      stopWatching();
      stopReading?.();
      return final;
    } catch (error) {
      logger.fatal(`the ${role} cannot start`, { reason: messageOf(error) });
      throw error;
    } finally {
      signals.ignore();
      await services?.close();
      this.#registry.closeAll();
      this.#pidFile?.remove(logger);
      await log.close();
    }
  }

  /** Opens the log as the user that will reopen it at a reload. @throws ConfigError */
  async #openLog(role: string, identity: Identity | undefined): Promise<MainLog> {
    const { loaded, predecessor } = this.#deps;
    try {
      MainLog.prepare(loaded.engine, identity);
      changeIdentity(identity, loaded.engine.chumask);
      return await MainLog.open(loaded, role, predecessor !== undefined);
    } catch (error) {
      this.#pidFile?.remove();
      throw error;
    }
  }

  /** @throws ConfigError */
  #writePidFile(options: PidFileOptions): void {
    const { pidPath } = this.#deps.loaded.engine;
    if (pidPath !== undefined) this.#pidFile = new PidFile(fromStart(pidPath), options);
  }

  /** Of two trees, neither can make the workers of the other move their sockets. */
  #onTwoTrees({ address, port }: SocketQuery, held: RegistryEntry): void {
    this.#logger?.error(
      'an upgrade cannot change the address of a port, because the old tree still listens there. Change it with a ' +
        'reload and a restart of the old tree, then upgrade',
      { wanted: address ?? 'every address', port, held: heldAddresses([held]).join() },
    );
  }

  #onUp(logger: Logger): void {
    const { predecessor } = this.#deps;
    this.#registry.takeOver();
    this.#serviceSockets.discard();
    try {
      if (predecessor !== undefined && !this.#pidFile) this.#writePidFile({ predecessor });
    } catch (error) {
      logger.error('the pid file still names the predecessor', { error });
    }
    const unasked = this.#registry.unasked();
    if (unasked.length > 0)
      logger.warn(
        'nothing listens on sockets that systemd has passed: their clients wait. Listen on their address, or by name',
        { sockets: unasked.join() },
      );
    this.#isUp.set();
    this.#hasBooted.set();
  }

  #reportActivation(logger: Logger): void {
    const { activated, predecessor } = this.#deps;
    if (activated.length > 0) logger.info('sockets of systemd', { sockets: heldAddresses(activated).join() });
    else if (predecessor === undefined && socketsAreFor() === 'another process')
      logger.warn(
        'systemd has passed sockets to another process than this one, so they are not used: let ExecStart= run node itself, without npm or a shell',
        { expected: process.env['LISTEN_PID'] },
      );
  }

  #onFailed(reason: string, logger: Logger): void {
    const { report } = this.#deps;
    attempt(
      () => report?.failed(reason),
      (error) => logger.error('the launcher did not get the message', { error }),
    );
  }

  #reportWhenUp(target: CommandTarget, logger: Logger): void {
    const { report } = this.#deps;
    if (!report) return;
    attempt(
      async () => {
        await this.#isUp.waitForSet();
        // Commands that reached the predecessor while we booted apply to us, too: they may have come after we had read
        // the files.
        for (const command of await report.up()) void target.submit(command);
      },
      (error) => logger.error('the launcher did not get the message', { error }),
    );
  }

  #upgrade(runner: ServerRunner | SupervisorRunner, logger: Logger): Upgrade {
    const { spec, loaded } = this.#deps;
    return new Upgrade({
      spec,
      engine: loaded.engine,
      registry: this.#registry,
      serviceSockets: this.#serviceSockets,
      logger,
      own: runner,
      booted: this.#hasBooted.waitForSet(),
      onSucceeded: () => this.#isSucceeded.set(),
    });
  }
}

function waits(runner: ServerRunner | SupervisorRunner, upgrade: Upgrade): readonly string[] {
  const pid = upgrade.successor?.pid;
  return pid === undefined ? runner.waitingFor() : [`the successor (pid ${pid})`];
}
