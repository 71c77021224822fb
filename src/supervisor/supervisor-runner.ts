import { CommandQueue } from '../commands/command-queue';
import { failed, type AnyResult, type Command, type CommandTarget, type ResultOf } from '../commands/command';
import type { ProgramMetrics } from '../commands/program-metrics';
import type { ClockTimer } from '../common/clock';
import { Deferred } from '../common/deferred';
import { callHook } from '../contract/call-hook';
import { isIntended, type KillReason } from '../contract/end-reasons';
import type { EngineStatus, ServerState } from '../contract/status';
import type { ChildExit } from '../watch/child-exit';
import { ConfigReload } from '../server/config-reload';
import { LastWordsReading } from '../pool/last-words-reading';
import { BootLimit } from './boot-limit';
import { NextServerWait, type NextServer } from './next-server';
import { neverReady, neverUp, reportGivingUp, reportServerEnd } from './report-server-end';
import { slotDueAt } from './server-slot';
import { noticesOf } from './server-notices';
import type { ServerProcess } from './server-process';
import { SupervisorCommands } from './supervisor-commands';
import type { SupervisorDeps } from './supervisor-deps';
import { dumpSupervisor } from './supervisor-dump';
import { newSupervisor, stepSupervisor, whyNoStart } from './supervisor-life';
import type { KnownServer, SupervisorAction, SupervisorEvent } from './supervisor-state';
import { statusOfSupervisor } from './supervisor-status';

/** Keeps one server process alive, and replaces it live. Runs in the supervisor process. */
export class SupervisorRunner implements CommandTarget {
  readonly #deps: SupervisorDeps;
  readonly #ended = new Deferred<number>();
  readonly #config: ConfigReload;
  readonly #commands: SupervisorCommands;
  readonly #queue: CommandQueue<void>;
  readonly #bootLimit: BootLimit;
  readonly #nextUp = new NextServerWait();
  readonly #nextRound = new NextServerWait();
  readonly #lastWords = new LastWordsReading();
  readonly #startedAt: number;
  #life = newSupervisor<ServerProcess>();
  #placeTimer: ClockTimer | undefined;

  constructor(deps: SupervisorDeps) {
    this.#deps = deps;
    this.#startedAt = deps.clock.now();
    this.#config = new ConfigReload(deps);
    const servers = (): readonly ServerProcess[] => this.#life.servers.map(({ server }) => server);
    this.#bootLimit = new BootLimit({ ...deps, servers, engine: () => this.#config.loaded.engine });
    this.#commands = new SupervisorCommands({
      ...deps,
      config: this.#config,
      current: () => this.#current,
      servers,
      whyNoStart: () => whyNoStart(this.#life),
      stop: (graceful) => this.#stop(graceful, 0),
      replace: (graceful) => this.#replace(graceful),
      detach: (old) => this.#detach(old),
      dump: () => dumpSupervisor({ ...deps, loaded: this.#config.loaded, servers: servers() }),
    });
    this.#queue = new CommandQueue({
      prepare: () => {},
      carryOut: (command) => this.#commands.carryOut(command),
      logger: deps.logger,
    });
  }

  /** Resolves with the exit status; never rejects. */
  async run(): Promise<number> {
    this.#step({ kind: 'begin' });
    const status = await this.#ended.wait();
    // Output of the last server may still be in our pipes.
    if (this.#life.servers.length === 0) await this.#lastWords.allRead(this.#deps.clock);
    // Answers that exist by now are sent first.
    await new Promise((resolve) => setImmediate(resolve));
    const answer = (command: Command): AnyResult =>
      command.kind === 'stop' ? { ok: true } : failed(command, 'the supervisor has ended');
    this.#commands.close(answer);
    this.#queue.close(answer);
    return status;
  }

  submit<C extends Command>(command: C): Promise<ResultOf<C>> {
    return this.#queue.submit(command);
  }

  /** No server is started any more. */
  get isEnding(): boolean {
    return this.#life.slot.kind === 'over';
  }

  /** Something failed in the supervisor itself: it ends in order, but not with success. */
  fail(status: number, why: string): void {
    if (!this.#life.wasUp) this.#deps.onFailed(why);
    this.#stop(true, status);
  }

  /** The status of the server, asked for a limited time, with the supervisor's own facts. */
  async status(): Promise<EngineStatus> {
    const current = this.#current;
    const below = await current?.status();
    const state = below?.state ?? (current && this.#known(current)?.state) ?? 'preparing';
    return statusOfSupervisor({
      ...this.#deps,
      below,
      state: this.isEnding ? 'stopping' : state,
      startedAt: this.#startedAt,
      reloadedAt: this.#config.reloadedAt,
    });
  }

  /** The metrics of the programs in the workers of the current server. */
  async programMetrics(): Promise<readonly ProgramMetrics[]> {
    return (await this.#current?.programMetrics()) ?? [];
  }

  /** What a stop is waiting for, for people. */
  waitingFor(): readonly string[] {
    return this.#life.servers.map(({ server }) => `the server process (pid ${server.monitor.pid ?? 'none'})`);
  }

  #stop(graceful: boolean, status: number): void {
    this.#step({ kind: 'end', status });
    for (const { server } of this.#life.servers) server.monitor.requestStop(graceful, 'stop');
    this.#bootLimit.begin(graceful);
  }

  #replace(graceful: boolean): Promise<NextServer> {
    const next = this.#nextRound.wait();
    const server = this.#current;
    if (server) server.monitor.requestStop(graceful, 'restart');
    else this.#step({ kind: 'restart' });
    return next;
  }

  /** The old server is told to end gracefully, and waited for only for a limited time; then the next one starts. */
  #detach(old: ServerProcess): Promise<NextServer> {
    const { clock, logger } = this.#deps;
    const { exitOnDetach, serverDetachWaitMs } = this.#config.loaded.engine;
    logger.info('live restart: the server finishes, and the next one takes over', {
      pid: old.monitor.pid,
      generation: old.generation,
      waitMs: serverDetachWaitMs,
    });
    void old.submit({ kind: 'detach' });
    const next = this.#nextUp.wait();
    this.#step({ kind: 'detach', until: clock.now() + serverDetachWaitMs, leaves: exitOnDetach });
    return next;
  }

  /** The server that commands go to. */
  get #current(): ServerProcess | undefined {
    const { slot } = this.#life;
    return slot.kind === 'serving' ? slot.server : undefined;
  }

  /** The only method that changes #life. */
  #step(event: SupervisorEvent<ServerProcess>): void {
    const { clock, random } = this.#deps;
    const before = this.#life.slot;
    const context = { now: clock.now(), engine: this.#config.loaded.engine, random };
    const { life, actions } = stepSupervisor(this.#life, event, context);
    this.#life = life;
    if (life.slot !== before) this.#armPlaceTimer();
    if (life.slot.kind === 'over' && before.kind !== 'over' && !actions.some(({ kind }) => kind === 'leave'))
      this.#settleNext({ kind: 'failed', reason: 'the supervisor is stopping' });
    for (const action of actions) this.#perform(action);
  }

  #armPlaceTimer(): void {
    const { clock } = this.#deps;
    this.#placeTimer?.cancel();
    const dueAt = slotDueAt(this.#life.slot);
    if (dueAt === undefined) return;
    this.#placeTimer = clock.after(Math.max(0, dueAt - clock.now()), () => this.#step({ kind: 'due' }));
  }

  #perform(action: SupervisorAction): void {
    const { logger, letGo, onUp, onTrying, onFailed, closeSockets } = this.#deps;
    switch (action.kind) {
      case 'start':
        this.#start();
        return;
      case 'leave':
        logger.info('the supervisor ends, as exitOnDetach says');
        letGo();
        this.#settleNext({ kind: 'left' });
        this.#ended.settle(0);
        return;
      case 'tell_up':
        onUp();
        return;
      case 'tell_trying':
        onTrying(action.why);
        return;
      case 'give_up':
        reportGivingUp(logger, this.#config.loaded.engine, action);
        onFailed(action.why);
        return;
      case 'close_sockets':
        closeSockets();
        return;
      case 'finish':
        this.#bootLimit.cancel();
        this.#ended.settle(action.status);
    }
  }

  #start(): void {
    const { logger, startServer, afterStart } = this.#deps;
    const { generation, wasUp } = this.#life;
    const server = startServer({
      generation: generation + 1,
      config: () => this.#config.loaded,
      mustComeUp: !wasUp,
    });
    const { pid } = server.monitor;
    this.#lastWords.add(server.monitor.drained);
    this.#lastWords.add(server.tidied);
    this.#step({ kind: 'started', server, hasProcess: pid !== undefined });
    this.#watch(server);
    if (pid === undefined) return;
    logger.info('server process started', { pid, generation: server.generation });
    this.#announce(server, 'preparing');
    if (afterStart) callHook('afterStart', () => afterStart(this.#config.loaded), logger);
  }

  #watch(server: ServerProcess): void {
    const notices = noticesOf(server, (event) => this.#step(event));
    server.watch({
      ...notices,
      onState: (state) => {
        const isNews = this.#known(server)?.state !== state;
        notices.onState(state);
        if (isNews) this.#announce(server, state);
      },
      onUp: (isFollowed) => {
        const { pid } = server.monitor;
        this.#deps.logger.debug('server process is up', { pid, generation: server.generation });
        notices.onUp(isFollowed);
        if (!this.#isNext(server)) return;
        this.#nextUp.settle({ kind: 'taken_over', pid });
        if (!isFollowed) this.#nextRound.settle({ kind: 'taken_over', pid });
      },
      onFirstRound: (firstRound) => {
        const { pid } = server.monitor;
        notices.onFirstRound(firstRound);
        if (this.#isNext(server)) this.#nextRound.settle({ kind: 'taken_over', pid, firstRound });
      },
    });
    void server.monitor.exited.then((exit) => this.#onExit(server, exit));
  }

  #onExit(server: ServerProcess, exit: ChildExit): void {
    const { clock, logger } = this.#deps;
    const known = this.#known(server);
    const isWanted = this.isEnding || known?.isDetached === true || isIntended(server.monitor.reason);
    const reason = known?.isDetached ? 'detach' : server.monitor.reason;
    reportServerEnd(logger, { server, reason, isWanted, exit, now: clock.now() });
    // A server that had to stop and was killed still makes room for the next one.
    if (known && !isWanted && !isStopTimeout(server.monitor.reason)) {
      const reason = known.failure ?? (known.isUp ? neverReady(exit) : neverUp(exit));
      if (!known.isUp) this.#nextUp.settle({ kind: 'failed', reason });
      if (!known.isRoundOver) this.#nextRound.settle({ kind: 'failed', reason });
    }
    this.#step({ kind: 'exited', server, exit, isIntended: isIntended(server.monitor.reason) });
    if (known && known.state !== 'finished') this.#announce(server, 'finished');
  }

  /** A server that was told to end meanwhile does not count. */
  #isNext(server: ServerProcess): boolean {
    return server === this.#current && !server.monitor.isStopping;
  }

  #settleNext(next: NextServer): void {
    this.#nextUp.settle(next);
    this.#nextRound.settle(next);
  }

  #known(server: ServerProcess): KnownServer<ServerProcess> | undefined {
    return this.#life.servers.find((known) => known.server === server);
  }

  #announce({ monitor, generation }: ServerProcess, state: ServerState): void {
    if (monitor.pid !== undefined) this.#deps.emit('serverState', { state, pid: monitor.pid, generation });
  }
}

function isStopTimeout(reason: KillReason | undefined): boolean {
  return reason === 'graceful_timeout' || reason === 'immediate_timeout';
}
