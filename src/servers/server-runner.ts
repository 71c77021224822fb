import { every, type Clock } from '../common/clock';
import { ConfigError, messageOf } from '../common/errors';
import { planReload } from '../config/reload';
import type { LoadedConfig } from '../config/load';
import { callHook } from '../contract/call-hook';
import { ServerContext } from '../contract/context';
import type { Server } from '../contract/server';
import type { ServerControl } from '../contract/server-control';
import type { Logger } from '../logging/logger';
import type { SocketSource } from '../sockets/socket-registry';
import { withCommand } from './command-merge';
import { carryOut, type CommandTarget, type ServerCommand } from './commands';
import { Deadline } from './deadline';
import { DrainDelay } from './drain-delay';
import { reportConfigChanges } from './report-config';
import { endStatus, whyNeverUp, type WorkerPool } from './pool';
import { dumpServer, type SupervisedFacts } from './server-dump';
import { ServerSockets } from './server-sockets';
import { SharedRead } from './shared-read';
import { StopHook } from './stop-hook';
import { bootStopMs } from './stop-limits';

export interface ServerRunnerDeps {
  readonly loaded: LoadedConfig;
  /** Reads the configuration again. */
  readonly load: () => Promise<LoadedConfig>;
  readonly makeServer: (context: ServerContext<object>) => Server;
  /** `stopServer`: the pool gives up; the server is to hear of it as of any other stop. */
  readonly makePool: (
    server: Server,
    config: () => LoadedConfig,
    stopServer: () => void,
  ) => Promise<WorkerPool>;
  /** The configuration was read again, or the files are to be opened again: the log follows. */
  readonly applyLog: (config: LoadedConfig) => void | Promise<void>;
  /** The first worker is in run(). */
  readonly onUp: () => void;
  /** It is not going to be up. */
  readonly onFailed: (reason: string, isHopeless: boolean) => void;
  /** The workers ended for good by their exit codes: nobody is to start this server again. */
  readonly onUnrecoverable: () => void;
  readonly sockets: SocketSource;
  /** Undefined at the top. */
  readonly supervised?: SupervisedFacts;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** The life of a server: beforeRun, workers, afterRun, and what it is told meanwhile. Runs in the server process. */
export class ServerRunner implements CommandTarget {
  readonly #deps: ServerRunnerDeps;
  #queue: readonly ServerCommand[] = [];
  #isQueueScheduled = false;
  #loaded: LoadedConfig;
  #server: Server | undefined;
  #context: ServerContext<object> | undefined;
  #stopHook: StopHook | undefined;
  #pool: WorkerPool | undefined;
  /** What scale() asked for before there was a pool. */
  #earlyTarget: number | undefined;
  #isStopping = false;
  /** The next server starts when this one has ended. */
  #isAwaited = false;
  readonly #drain: DrainDelay;
  readonly #sockets: ServerSockets;
  #stopNow!: () => void;
  readonly #immediateStop: Promise<void>;
  /** How long a graceful stop waits for beforeRun(). */
  readonly #startLimit: Deadline;
  readonly #config = new SharedRead(() => this.#takeConfig());
  /** A restart that is about to be done: several at once are one. */
  #restartAsked: { readonly graceful: boolean } | undefined;
  /** Something broke in the process itself. */
  #failure: { readonly status: number; readonly why: string } | undefined;

  constructor(deps: ServerRunnerDeps) {
    this.#deps = deps;
    this.#loaded = deps.loaded;
    this.#drain = new DrainDelay(deps.clock);
    this.#startLimit = new Deadline(deps.clock);
    this.#sockets = new ServerSockets(deps.sockets);
    this.#immediateStop = new Promise((resolve) => {
      this.#stopNow = resolve;
    });
  }

  /** Plays the server to its end. Resolves with the exit status; never rejects. */
  async run(): Promise<number> {
    const { logger, sockets } = this.#deps;
    // Nothing else need hold the event loop: workers may be embedded and idle.
    const hold = every(Infinity, () => {});
    let status = 1;
    try {
      const context = new ServerContext<object>(this.#loaded.user, logger, this.#control());
      this.#context = context;
      const server = this.#deps.makeServer(context);
      this.#server = server;
      this.#stopHook = new StopHook({
        ...this.#deps,
        call: (graceful) => server.stop(graceful),
        stop: (graceful) => this.#stop(graceful),
        engine: () => this.#loaded.engine,
      });
      status = (await this.#serve(server)) ?? status;
      await this.#afterRun(server);
    } catch (error) {
      logger.fatal('the server object could not be made', { error });
      status = this.#loaded.engine.daemonizeErrorExitCode;
      this.#deps.onFailed(messageOf(error), true);
    } finally {
      this.#drain.skip();
      this.#stopHook?.cancel();
      this.#startLimit.cancel();
      sockets.closeAll();
      hold.cancel();
    }
    return this.#failure?.status ?? status;
  }

  /** Only enqueues: a signal handler may call it at any time. */
  command(command: ServerCommand): void {
    this.#queue = withCommand(this.#queue, command);
    if (this.#isQueueScheduled) return;
    this.#isQueueScheduled = true;
    setImmediate(() => {
      this.#isQueueScheduled = false;
      const queue = this.#queue;
      this.#queue = [];
      for (const next of queue) carryOut(next, () => this.#obey(next), this.#deps.logger);
    });
  }

  /** It still accepts, but is about to stop: whoever spreads requests over servers is to send them elsewhere. */
  get isDraining(): boolean {
    return this.#isStopping;
  }

  /** Something broke in the server process itself: end in order, but not with success. */
  fail(status: number, why: string): void {
    this.#failure = { status, why };
    this.command({ kind: 'stop', graceful: true });
  }

  /**
   * The process above is gone, and nobody sends requests elsewhere any more: the sockets are closed at once, so that
   * whoever is started instead of this tree can have them.
   */
  orphaned(): void {
    if (this.#pool) void this.#acceptNoMore();
    this.#drain.end();
    this.command({ kind: 'stop', graceful: true });
  }

  /** Resolves with the status; undefined: it could not begin. */
  async #serve(server: Server): Promise<number | undefined> {
    try {
      if ((await this.#prepare(server)) === 'stopped') return this.#stoppedEarly();
    } catch (error) {
      this.#cannotBegin('beforeRun() failed', error);
      return undefined;
    }
    let pool: WorkerPool;
    try {
      pool = await this.#deps.makePool(
        server,
        () => this.#loaded,
        () => this.#stopHook?.ask(true),
      );
    } catch (error) {
      this.#cannotBegin('the workers cannot be prepared', error);
      return undefined;
    }
    // Once more: the pool was waited for.
    return this.isDraining ? this.#stoppedEarly() : this.#play(pool);
  }

  #cannotBegin(what: string, error: unknown): void {
    this.#deps.logger.fatal(`${what}, the server ends with status 1`, { error });
    this.#deps.onFailed(`${what}: ${messageOf(error)}`, false);
  }

  async #prepare(server: Server): Promise<'ready' | 'stopped'> {
    const prepared = (async () => server.beforeRun())();
    prepared.catch(() => {});
    // A stop that came while the configuration was read is still in the queue.
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.race([prepared, this.#immediateStop, this.#startLimit.passed]);
    return this.#isStopping ? 'stopped' : 'ready';
  }

  async #play(pool: WorkerPool): Promise<number> {
    this.#pool = pool;
    const start = { isUp: false };
    void pool.up.then(() => {
      start.isUp = true;
      this.#deps.onUp();
    });
    if (this.#earlyTarget !== undefined) pool.scale(this.#earlyTarget);
    pool.start();
    const end = await pool.ended;
    if (!start.isUp) this.#deps.onFailed(this.#failure?.why ?? whyNeverUp(end), false);
    if (end.kind === 'unrecoverable') this.#deps.onUnrecoverable();
    return endStatus(end, this.#loaded.engine);
  }

  #stoppedEarly(): number {
    this.#deps.logger.info('stopped before any worker was started');
    return 0;
  }

  async #afterRun(server: Server): Promise<void> {
    const { clock, logger } = this.#deps;
    const limitMs = this.#loaded.engine.workerGracefulKillTimeoutMs;
    const limit = new Deadline(clock);
    limit.set(limitMs, () =>
      logger.error('afterRun() has not ended, the server ends without it', { limitMs }),
    );
    try {
      await Promise.race([server.afterRun(), this.#immediateStop, limit.passed]);
    } catch (error) {
      logger.error('afterRun() failed', { error });
    } finally {
      limit.cancel();
    }
  }

  #obey(command: ServerCommand): void {
    const server = this.#server;
    const { logger } = this.#deps;
    if (!server) {
      if (command.kind === 'stop') this.#stop(command.graceful);
      if (command.kind === 'detach') this.#stop(true);
      return;
    }
    logger.debug(`command ${command.kind}`, { ...command, kind: undefined });
    switch (command.kind) {
      case 'stop':
        // The next server will not come after all.
        if (this.#isAwaited) void this.#deps.sockets.letGo();
        this.#isAwaited = false;
        this.#stopHook?.ask(command.graceful);
        return;
      case 'detach':
        // Only a supervisor can start the next server, which takes over at once: nobody need be sent elsewhere.
        this.#isAwaited = true;
        this.#drain.end();
        this.#stopHook?.ask(true);
        return;
      case 'restart':
        callHook('restart', () => server.restart(command.graceful), logger);
        return;
      case 'reload':
        callHook('reload', () => server.reload(), logger);
        return;
      case 'upgrade':
        logger.warn('an upgrade is the business of the process at the top: send the command there');
        return;
      case 'dump':
        callHook('dump', () => server.dump(), logger);
        return;
      case 'scale':
        this.scale(Math.max(1, this.#target + command.by));
    }
  }

  get #target(): number {
    return this.#pool?.target ?? this.#earlyTarget ?? this.#loaded.engine.workers;
  }

  #control(): ServerControl {
    const sockets = this.#sockets;
    return {
      stop: (graceful) => this.#stop(graceful),
      restart: (graceful) => this.#restart(graceful),
      // Transactional: whatever goes wrong, the last good configuration stays in force.
      reloadConfig: () => this.#config.ask(),
      reloadWorkers: () => this.#pool?.reload(),
      dump: () => {
        const { sockets: source, supervised, logger, clock } = this.#deps;
        dumpServer({ loaded: this.#loaded, pool: this.#pool, sockets: source, supervised, logger, clock });
      },
      scale: (workers) => this.scale(workers),
      workers: () => this.#pool?.views() ?? [],
      listenTcp: (options) => sockets.listenTcp(options),
      listenUdp: (options) => sockets.listenUdp(options),
      listenUnix: (options) => sockets.listenUnix(options),
    };
  }

  /** All who waited for the same configuration come at once: the workers are replaced once. */
  #restart(graceful: boolean): void {
    const asked = this.#restartAsked;
    this.#restartAsked = { graceful: graceful && (asked?.graceful ?? true) };
    if (asked) return;
    setImmediate(() => {
      const { graceful: isGraceful } = this.#restartAsked ?? { graceful };
      this.#restartAsked = undefined;
      if (!this.#isStopping) void this.#pool?.restart(isGraceful);
    });
  }

  #stop(graceful: boolean): void {
    this.#isStopping = true;
    this.#stopHook?.done(graceful);
    if (!graceful) {
      this.#drain.skip();
      if (this.#pool) void this.#acceptNoMore();
      this.#pool?.stop(false);
      this.#stopNow();
      return;
    }
    // Before there are workers nobody was sent here; and what is broken does not go on.
    const delayMs = this.#pool && this.#failure === undefined ? this.#loaded.engine.drainDelayMs : 0;
    const limitMs = bootStopMs(this.#loaded.engine.workerGracefulKillTimeoutMs);
    if (!this.#pool) {
      this.#startLimit.set(limitMs, () =>
        this.#deps.logger.warn('beforeRun() has not ended, the server stops without it', { limitMs }),
      );
    }
    const isDelayed = this.#drain.begin(delayMs, () => void this.#stopPool());
    if (isDelayed) this.#deps.logger.info('draining: the workers go on, then stop', { delayMs });
  }

  /** What keeps a stop from being over, for people. */
  waitingFor(): readonly string[] {
    if (this.#stopHook?.isPending) return ['stop() of the server'];
    if (!this.#pool) return ['beforeRun()'];
    const alive = this.#pool.views().filter(({ state }) => state !== 'waiting' && state !== 'exited');
    const workers = alive.map(
      ({ workerId, pid, state }) => `worker ${workerId} (pid ${pid ?? 'none'}, ${state})`,
    );
    if (this.#drain.isUnderWay) return ['drainDelay', ...workers];
    return workers.length > 0 ? workers : ['afterRun(), or a start that is under way'];
  }

  /**
   * First every process above the workers closes its listening sockets, then they take what waits there and close
   * theirs: the last of them ends the socket. If the order were another, what waits would be reset.
   */
  async #stopPool(): Promise<void> {
    const pool = this.#pool;
    if (!pool) return;
    try {
      const closed = this.#acceptNoMore();
      if (closed) await closed;
    } catch (error) {
      this.#deps.logger.error('the listening sockets could not be closed, the workers stop all the same', {
        error,
      });
    }
    pool.stop(true, this.#isAwaited);
  }

  #acceptNoMore(): Promise<unknown> | undefined {
    const own = this.#sockets.acceptNoMore();
    // The next server may ask this one for copies of what its socket manager has.
    const held = this.#isAwaited ? undefined : this.#deps.sockets.letGo();
    return own || held ? Promise.all([own, held]) : undefined;
  }

  /** @throws ConfigError unless it is an integer >= 0. */
  scale(workers: number): void {
    if (!Number.isInteger(workers) || workers < 0) {
      throw new ConfigError(
        'ERR_CONFIG_INVALID',
        `scale(): workers must be an integer >= 0, got ${String(workers)}.`,
      );
    }
    if (this.#pool) this.#pool.scale(workers);
    else this.#earlyTarget = workers;
  }

  async #takeConfig(): Promise<boolean> {
    const { logger } = this.#deps;
    let plan;
    try {
      plan = planReload(this.#loaded, await this.#deps.load());
      await this.#deps.applyLog(plan.config);
    } catch (error) {
      logger.error('the configuration was not reloaded, the last good one stays in force', {
        reason: messageOf(error),
      });
      return false;
    }
    this.#loaded = plan.config;
    if (this.#context) this.#context.config = plan.config.user;
    reportConfigChanges(logger, plan);
    return true;
  }
}
