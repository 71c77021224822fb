import type net from 'node:net';
import type { ClockTimer } from '../common/clock';
import type { RestartResult, ScaleResult } from '../contract/results';
import type { WorkerState, WorkerView } from '../contract/server-control';
import { stopRequestOf, type Worker } from '../contract/worker';
import { messageOf } from '../common/errors';
import { callHook } from '../contract/call-hook';
import { decideRestart, NO_HISTORY, recordCrash } from './restart-policy';
import { OpenServers } from '../sockets/open-servers';
import { watchListening } from '../sockets/watch-listening';
import { Deadline } from '../common/deadline';
import { EmbeddedEnding } from './embedded-ending';
import { SETTLING_MS } from './first-start';
import { stepStart, type StartState } from './start-state';
import { crashLimit, restartSettings } from './restart-settings';
import { bootStopMs, IMMEDIATE_HOOK_MS } from '../common/stop-limits';
import type { PoolEnd, PoolStatus, WorkerPool } from './pool';
import type { PoolDeps } from './pool-deps';
import { descriptorOf } from '../sockets/server-sockets';

export interface EmbeddedPoolDeps extends PoolDeps {
  /** `drained`: what its drained() waits for. */
  readonly make: (workerId: number, drained: () => Promise<void>) => Worker;
  /** Watches a server that the worker opens. What it returns helps the clients of kept connections to leave. */
  readonly drainOf: (server: net.Server) => () => void;
}

/** One worker in the server's own event loop: run() is called again until stop, delayed when it keeps ending early. */
export class EmbeddedPool implements WorkerPool {
  readonly ended: Promise<PoolEnd>;
  readonly up: Promise<void>;
  readonly target = 1;
  readonly #deps: EmbeddedPoolDeps;
  #worker: Worker | undefined;
  /** What the worker of the moment has opened. */
  #servers = new OpenServers();
  readonly #drains = new WeakMap<net.Server, () => void>();
  #ending: EmbeddedEnding | undefined;
  /** How long a restart waits for the end of the worker of the moment. */
  #overdue: Deadline;
  readonly #endWatch: () => void;
  #generation = 0;
  /** Restarts that wait for the next run(), or for the end. */
  readonly #onCycle: ((isNext: boolean) => void)[] = [];
  #startedAt = 0;
  #history = NO_HISTORY;
  #crashTimes: readonly number[] = [];
  #isStopping = false;
  #isRestarting = false;
  #first: StartState = { kind: 'undecided', failed: new Map() };
  #hasExplained = false;
  /** It is past beforeFork(). */
  #isInRun = false;
  #timer: ClockTimer | undefined;
  #giveUpTimer: ClockTimer | undefined;
  #end: PoolEnd = { kind: 'stopped' };
  #resolveEnded!: (end: PoolEnd) => void;
  #resolveUp!: () => void;

  constructor(deps: EmbeddedPoolDeps) {
    this.#deps = deps;
    this.#overdue = new Deadline(deps.clock);
    this.#endWatch = watchListening({
      onListen: (server) => {
        // A socket of the Server object is not the worker's.
        if (!this.#worker || descriptorOf(server)) return;
        this.#servers.add(server);
        if (!this.#drains.has(server)) this.#drains.set(server, deps.drainOf(server));
      },
      onThrow: (server) => this.#servers.failed(server),
    });
    this.up = new Promise((resolve) => {
      this.#resolveUp = resolve;
    });
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  start(): void {
    void this.#cycle();
  }

  stop(graceful: boolean): void {
    this.#isStopping = true;
    this.#timer?.cancel();
    if (!this.#worker) {
      this.#finish();
      return;
    }
    this.#tellToStop(this.#worker);
    const engine = this.#deps.engine();
    const gracefulMs = this.#isInRun
      ? engine.workerGracefulKillTimeoutMs
      : bootStopMs(engine.workerGracefulKillTimeoutMs);
    const limitMs = graceful ? gracefulMs : Math.min(IMMEDIATE_HOOK_MS, engine.workerImmediateKillTimeoutMs);
    this.#giveUpTimer?.cancel();
    if (limitMs < 0) return;
    // It shares our process: all that can be done against a run() that never ends is not to wait for it.
    this.#giveUpTimer = this.#deps.clock.after(limitMs, () => {
      this.#deps.logger.error('the embedded worker did not end, the server ends without it', {
        limitMs,
        graceful,
      });
      this.#finish();
    });
  }

  restart(): Promise<RestartResult> {
    const result = { replaced: 0, kept: 0, tookMs: 0 };
    if (this.#isStopping) return Promise.resolve({ ...result, ok: false, reason: 'the server is stopping' });
    // There is none between two calls of run(): the next one is new.
    if (!this.#worker) return Promise.resolve({ ...result, ok: true, outcome: 'held' });
    this.#isRestarting = true;
    this.#tellToStop(this.#worker);
    const limitMs = this.#deps.engine().workerGracefulKillTimeoutMs;
    this.#overdue.set(limitMs, () =>
      this.#deps.logger.error('the embedded worker did not end, the next one starts beside it', { limitMs }),
    );
    const begunAt = this.#deps.clock.now();
    return new Promise((resolve) => {
      this.#onCycle.push((isNext) => {
        const tookMs = Math.round(this.#deps.clock.now() - begunAt);
        if (isNext) resolve({ ok: true, outcome: 'held', replaced: 1, kept: 0, tookMs });
        else resolve({ ...result, ok: false, outcome: 'overtaken', reason: 'a stop came first', tookMs });
      });
    });
  }

  reload(): void {
    const worker = this.#worker;
    if (worker) callHook('reload', () => worker.reload(), this.#deps.logger, { workerId: 0 });
  }

  scale(workers: number): ScaleResult {
    const reason = 'an embedded worker cannot be scaled: use workerType process';
    this.#deps.logger.warn(reason, { workers });
    return { ok: false, reason, from: 1, to: 1 };
  }

  dump(): void {
    const worker = this.#worker;
    if (worker) callHook('dump', () => worker.dump(), this.#deps.logger, { workerId: 0 });
  }

  views(): readonly WorkerView[] {
    const state: WorkerState = this.#worker ? (this.#isStopping ? 'stopping' : 'running') : 'waiting';
    const uptimeMs = this.#worker ? this.#deps.clock.now() - this.#startedAt : 0;
    return [{ workerId: 0, pid: process.pid, state, generation: this.#generation, uptimeMs }];
  }

  status(): PoolStatus {
    const { group, engine } = this.#deps;
    const workers = this.views().map(({ state, ...view }) => ({
      ...view,
      group,
      state: state === 'exited' ? ('over' as const) : state,
      restarts: Math.max(0, this.#generation - 1),
      lastExit: undefined,
    }));
    const { restartStrategy: strategy } = engine();
    const status = { name: group, type: 'embedded', target: 1, strategy } as const;
    return { group: status, workers, standby: [], rollout: undefined, deaths: [] };
  }

  async #cycle(): Promise<void> {
    const { clock, logger } = this.#deps;
    this.#startedAt = clock.now();
    this.#generation += 1;
    this.#isRestarting = false;
    let failed = false;
    let why = '';
    try {
      const servers = new OpenServers();
      this.#servers = servers;
      const worker = this.#deps.make(0, () => servers.allClosed());
      this.#worker = worker;
      await this.#inTime(this.#play(worker));
    } catch (error) {
      failed = true;
      why = `run() of the embedded worker failed: ${messageOf(error)}`;
      logger.error('run() of the embedded worker failed', { error });
    }
    this.#worker = undefined;
    this.#isInRun = false;
    this.#ending?.cancel();
    this.#ending = undefined;
    // It has done what it had to do.
    if (!failed) this.#isUp();
    if (this.#isStopping) this.#finish();
    else if (failed && this.#hasFailedToStart(why)) this.#giveUp({ kind: 'never_up', why });
    else this.#again(failed);
  }

  async #play(worker: Worker): Promise<void> {
    await worker.beforeFork();
    // A stop may have come meanwhile, or a restart that has not waited for us.
    if (this.#isStopping || this.#worker !== worker) return;
    this.#isInRun = true;
    for (const answer of this.#onCycle.splice(0)) answer(true);
    callHook('afterStart', () => worker.afterStart(), this.#deps.logger, { workerId: 0 });
    this.#startedWell(worker);
    await worker.run();
    if (stopRequestOf(worker).isMade) await this.#afterDrain(worker);
  }

  /** It shares our process: a restart cannot end it, only go on without it. */
  async #inTime(playing: Promise<void>): Promise<void> {
    const overdue = new Deadline(this.#deps.clock);
    this.#overdue = overdue;
    let isLeft = false;
    playing.catch((error: unknown) => {
      if (isLeft)
        this.#deps.logger.error('run() of an embedded worker that was left behind failed', { error });
    });
    await Promise.race([playing, overdue.passed]);
    isLeft = true;
    overdue.cancel();
  }

  /** A listen() of its own that fails does so a moment after run() was entered: only then is it up. */
  #startedWell(worker: Worker): void {
    this.#deps.clock.after(
      SETTLING_MS,
      () => {
        if (this.#worker === worker && !this.#isStopping) this.#isUp();
      },
      { unref: true },
    );
  }

  #isUp(): void {
    this.#first = stepStart(this.#first, { kind: 'up' });
    this.#resolveUp();
  }

  #hasFailedToStart(why: string): boolean {
    if (this.#first.kind !== 'undecided') return false;
    const { onTrying, mustComeUp, logger } = this.#deps;
    onTrying(why);
    this.#first = stepStart(this.#first, {
      kind: 'failed',
      workerId: 0,
      needed: mustComeUp() ? 1 : Infinity,
    });
    if (this.#first.kind !== 'failed') return false;
    logger.fatal('the embedded worker did not come up, the server gives up; startRetry: true tries for ever');
    return true;
  }

  #giveUp(end: PoolEnd): void {
    this.#end = end;
    this.#isStopping = true;
    this.#deps.stopServer();
    this.#finish();
  }

  #again(failed: boolean): void {
    const { clock, logger, random } = this.#deps;
    const config = this.#deps.engine();
    const now = clock.now();
    const decision = decideRestart(
      this.#history,
      {
        code: failed ? 1 : 0,
        signal: null,
        startedAt: this.#startedAt,
        endedAt: now,
        expected: this.#isRestarting,
      },
      { ...restartSettings(config), unrecoverableExitCodes: [] },
      random,
    );
    if (decision.kind === 'restart') this.#history = decision.history;
    if (!failed && !this.#isRestarting) this.#explainReturn();
    if (failed) {
      const limit = crashLimit(config);
      const crashes = recordCrash(this.#crashTimes, now, limit);
      this.#crashTimes = crashes.times;
      if (crashes.exceeded) {
        logger.fatal('the embedded worker crashes too often, the server gives up', { ...limit });
        this.#giveUp({ kind: 'crash_limit' });
        return;
      }
    }
    const at = decision.kind === 'restart' ? decision.at : now;
    this.#timer = clock.after(Math.max(0, at - now), () => void this.#cycle());
  }

  /** Its servers are its own: where one is open still, run() did not want to wait for it. */
  async #afterDrain(worker: Worker): Promise<void> {
    try {
      await worker.afterDrain();
    } catch (error) {
      this.#deps.logger.error('afterDrain() failed', { workerId: 0, error });
    }
  }

  /** Once: a worker that returns on purpose is called again and again. */
  #explainReturn(): void {
    if (this.#hasExplained) return;
    this.#hasExplained = true;
    this.#deps.logger.info(
      'run() of the embedded worker has returned and is called again. ' +
        'To go on until a stop is asked for, end run() with: await this.untilStop()',
    );
  }

  #tellToStop(worker: Worker): void {
    const request = stopRequestOf(worker);
    if (request.isMade) return;
    const drain = (server: net.Server): void => this.#drains.get(server)?.();
    this.#ending = new EmbeddedEnding({ ...this.#deps, servers: this.#servers, drain });
    callHook('stop', () => worker.stop(), this.#deps.logger, { workerId: 0 });
    request.make();
  }

  #finish(): void {
    for (const answer of this.#onCycle.splice(0)) answer(false);
    this.#timer?.cancel();
    this.#giveUpTimer?.cancel();
    this.#overdue.cancel();
    this.#ending?.cancel();
    this.#endWatch();
    this.#resolveEnded(this.#end);
  }
}
