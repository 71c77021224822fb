import { CommandQueue } from '../commands/command-queue';
import { failed, type Command, type CommandTarget, type ResultOf } from '../commands/command';
import type { ProgramMetrics } from '../commands/program-metrics';
import { every, type Clock } from '../common/clock';
import { messageOf } from '../common/errors';
import { forAllGroups, ofGroup, type LoadedConfig } from '../config/load';
import type { ServerContext } from '../contract/context';
import type { Emit } from '../contract/event-hub';
import type { Server } from '../contract/server';
import type { EngineStatus } from '../contract/status';
import type { Logger } from '../record/logger';
import type { SocketSource } from '../sockets/socket-registry';
import { Autoscaling } from './autoscaling';
import { ConfigReload } from './config-reload';
import { Deadline } from '../common/deadline';
import { hostServer, type HostedServer } from './hosted-server';
import { endStatus, whyNeverUp, type WorkerPool } from '../pool/pool';
import { Pools } from './pools';
import { answerAtTheEnd } from './server-commands';
import type { SupervisedFacts } from './server-dump';
import { ServerLifecycle } from './server-lifecycle';
import { ServerSockets } from '../sockets/server-sockets';
import { statusOfServer, whatAStopWaitsFor } from './server-status';

export interface ServerRunnerDeps {
  readonly loaded: LoadedConfig;
  /** Reads the configuration again. */
  readonly load: () => Promise<LoadedConfig>;
  readonly makeServer: (context: ServerContext<object>) => Server;
  /** The names of the groups of workers. */
  readonly groups: readonly string[];
  /**
   * In the order of the groups. `stopServer` is called when a pool gives up: the server then stops as after any other
   * request.
   */
  readonly makePools: (
    server: Server,
    config: () => LoadedConfig,
    stopServer: () => void,
  ) => Promise<readonly WorkerPool[]>;
  /** The configuration was reloaded, or the log files must be reopened: apply it to the log. */
  readonly applyLog: (config: LoadedConfig) => void | Promise<void>;
  /** The first worker is in run(). */
  readonly onUp: () => void;
  /** The server will not come up. */
  readonly onFailed: (reason: string, isHopeless: boolean) => void;
  /** The workers ended because of their exit codes: the supervisor must not start this server again. */
  readonly onUnrecoverable: () => void;
  readonly sockets: SocketSource;
  /** Undefined without a supervisor. */
  readonly supervised?: SupervisedFacts;
  readonly emit: Emit;
  readonly logger: Logger;
  readonly clock: Clock;
}

const NOT_MADE = 'the server object could not be created';

/**
 * Runs a server from beforeRun() through its workers to afterRun(), and takes its commands. Runs in the server process.
 */
export class ServerRunner implements CommandTarget {
  readonly #deps: ServerRunnerDeps;
  readonly #config: ConfigReload;
  readonly #sockets: ServerSockets;
  readonly #pools: Pools;
  readonly #queue: CommandQueue<void>;
  readonly #startedAt: number;
  readonly #life: ServerLifecycle;
  #hosted: HostedServer | undefined;

  constructor(deps: ServerRunnerDeps) {
    this.#deps = deps;
    this.#config = new ConfigReload(deps);
    this.#sockets = new ServerSockets(deps.sockets);
    this.#startedAt = deps.clock.now();
    const engine = (group: string) => ofGroup(this.#config.loaded, group).engine;
    this.#pools = new Pools({
      groups: deps.groups,
      workers: (group) => engine(group).workers,
      autoscaling: new Autoscaling({ ...deps, engine, isEnding: () => this.isEnding }),
      whyNoRestart: () => (this.isEnding ? 'the server is stopping' : undefined),
    });
    this.#life = new ServerLifecycle({
      ...deps,
      pools: this.#pools,
      own: this.#sockets,
      engine: () => forAllGroups(this.#config.loaded),
      generation: deps.supervised?.generation ?? 1,
    });
    this.#queue = new CommandQueue({
      prepare: () => {},
      carryOut: (command) => this.#hosted?.commands.carryOut(command) ?? failed(command, NOT_MADE),
      logger: deps.logger,
    });
  }

  /** Runs the server to its end. Resolves with the exit status; never rejects. */
  async run(): Promise<number> {
    // Nothing else may keep the event loop alive: workers can be embedded and idle.
    const hold = every(Infinity, () => {});
    this.#life.announce();
    let status: number;
    try {
      status = await this.#host();
    } finally {
      this.#life.end();
      this.#hosted?.stopHook.cancel();
      this.#deps.sockets.closeAll();
      hold.cancel();
      this.#queue.close((command) => answerAtTheEnd(command, this.#deps.supervised !== undefined));
    }
    return this.#life.failure?.status ?? status;
  }

  submit<C extends Command>(command: C): Promise<ResultOf<C>> {
    return this.#queue.submit(command);
  }

  status(): EngineStatus {
    const { clock, sockets } = this.#deps;
    const { state } = this.#life;
    return statusOfServer({
      state,
      startedAt: this.#startedAt,
      config: this.#config,
      pools: this.#pools,
      sockets,
      clock,
    });
  }

  programMetrics(): Promise<readonly ProgramMetrics[]> {
    return this.#pools.metrics();
  }

  /** A stop has begun. */
  get isEnding(): boolean {
    return this.#life.isEnding;
  }

  /** Something failed in the server process itself: it ends in order, but not with success. */
  fail(status: number, why: string): void {
    this.#life.step({ kind: 'broken', failure: { status, why } });
    void this.submit({ kind: 'stop', graceful: true });
  }

  /** The parent process is gone, and requests can no longer go elsewhere. */
  orphaned(): void {
    this.#life.step({ kind: 'orphaned' });
    void this.submit({ kind: 'stop', graceful: true });
  }

  /** What a stop is waiting for, for people. */
  waitingFor(): readonly string[] {
    const isHookPending = this.#hosted?.stopHook.isPending ?? false;
    return whatAStopWaitsFor(this.#life.state, isHookPending, this.#pools);
  }

  async #host(): Promise<number> {
    const { logger, onFailed } = this.#deps;
    let hosted: HostedServer;
    try {
      hosted = hostServer({
        ...this.#deps,
        config: this.#config,
        pools: this.#pools,
        life: this.#life,
        own: this.#sockets,
      });
    } catch (error) {
      logger.fatal(NOT_MADE, { error });
      onFailed(messageOf(error), true);
      return this.#config.loaded.engine.daemonizeErrorExitCode;
    }
    this.#hosted = hosted;
    const status = await this.#serve(hosted);
    await this.#afterRun(hosted.server);
    return status;
  }

  async #serve({ server, stopHook }: HostedServer): Promise<number> {
    try {
      if ((await this.#prepare(server)) === 'stopped') return this.#stoppedEarly();
    } catch (error) {
      return this.#cannotBegin('beforeRun() failed', error);
    }
    let pools: readonly WorkerPool[];
    try {
      pools = await this.#deps.makePools(
        server,
        () => this.#config.loaded,
        () => stopHook.ask(true),
      );
    } catch (error) {
      return this.#cannotBegin('the workers cannot be prepared', error);
    }
    // Checked again after waiting for the pools.
    return this.isEnding ? this.#stoppedEarly() : this.#play(pools);
  }

  async #prepare(server: Server): Promise<'ready' | 'stopped'> {
    const prepared = (async () => server.beforeRun())();
    prepared.catch(() => {});
    // A stop that came while the configuration was read is still in the queue.
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.race([prepared, this.#life.hurried, this.#life.startLimit]);
    return this.isEnding ? 'stopped' : 'ready';
  }

  #cannotBegin(what: string, error: unknown): number {
    this.#deps.logger.fatal(`${what}; the server ends with status 1`, { error });
    this.#deps.onFailed(`${what}: ${messageOf(error)}`, false);
    this.#life.step({ kind: 'workers_ended' });
    return 1;
  }

  #stoppedEarly(): number {
    this.#deps.logger.info('stopped before any worker was started');
    return 0;
  }

  async #play(made: readonly WorkerPool[]): Promise<number> {
    const { onUp, onFailed, onUnrecoverable } = this.#deps;
    this.#pools.take(made);
    const start = { isUp: false };
    void this.#pools.allUp().then(() => {
      // A worker that ended because its server failed has finished its work, but the server does not serve.
      if (this.#life.failure) return;
      start.isUp = true;
      onUp();
    });
    this.#life.step({ kind: 'prepared' });
    const end = await this.#pools.allEnded();
    this.#life.step({ kind: 'workers_ended' });
    if (!start.isUp) onFailed(this.#life.failure?.why ?? whyNeverUp(end), false);
    if (end.kind === 'unrecoverable') onUnrecoverable();
    return endStatus(end, this.#config.loaded.engine);
  }

  async #afterRun(server: Server): Promise<void> {
    const { clock, logger } = this.#deps;
    const limitMs = forAllGroups(this.#config.loaded).workerGracefulKillTimeoutMs;
    const limit = new Deadline(clock);
    limit.set(limitMs, () =>
      logger.error('afterRun() has not ended; the server ends without it', { limitMs }),
    );
    try {
      await Promise.race([server.afterRun(), this.#life.hurried, limit.passed]);
    } catch (error) {
      logger.error('afterRun() failed', { error });
    } finally {
      limit.cancel();
    }
  }
}
