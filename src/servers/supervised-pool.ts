import { sleep, type Clock } from '../common/clock';
import type { EngineConfig } from '../config/engine-config';
import type { WorkerView } from '../contract/server-control';
import type { Logger } from '../logging/logger';
import { OomKills } from '../diagnostics/oom-kills';
import type { ChildExit } from '../process/process-monitor';
import { decideRestart, NO_HISTORY, recordCrash, type WorkerExit } from '../process/restart-policy';
import { nextStartAt } from '../process/start-pacing';
import { isExpected, reportExit } from './exit-report';
import type { ParentHooks } from './parent-hooks';
import type { PoolEnd, WorkerPool } from './pool';
import type { WorkerHandle, WorkerLauncher } from './worker-handle';
import { crashLimit, restartSettings } from './restart-settings';
import { readLastWords } from './read-last-words';
import { RollingRestart } from './rolling-restart';
import { StartGate } from './start-gate';
import { WorkerSlot, type StartedWorker } from './worker-slot';

export interface SupervisedPoolDeps {
  readonly launcher: WorkerLauncher;
  /** A parent-side worker object for each start, for its beforeFork() and afterStart(). */
  readonly hooks: (workerId: number) => ParentHooks;
  /** Lets the Server object hear that the pool gives up. */
  readonly stopServer: () => void;
  readonly engine: () => EngineConfig;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: () => number;
}

// A program that it left behind may hold the pipes open: its place must not stay empty for that.
const FINAL_LINES_MS = 50;

interface WorkerEnd {
  readonly exit: ChildExit;
  readonly endedAt: number;
}

/** Keeps `workers` workers alive, each by itself: starts, replaces and stops them. Runs in the server process. */
export class SupervisedPool implements WorkerPool {
  readonly ended: Promise<PoolEnd>;
  readonly up: Promise<void>;
  readonly #deps: SupervisedPoolDeps;
  readonly #slots = new Map<number, WorkerSlot>();
  #target: number;
  #lastStartAt: number | undefined;
  #crashTimes: readonly number[] = [];
  #isStopping = false;
  readonly #rolling: RollingRestart;
  readonly #gate: StartGate;
  /** Workers that have ended, but whose last words are still being read. */
  readonly #draining = new Set<Promise<void>>();
  readonly #oomKills = new OomKills();
  #end: PoolEnd = { kind: 'stopped' };
  #resolveEnded!: (end: PoolEnd) => void;
  #resolveUp!: () => void;

  constructor(deps: SupervisedPoolDeps) {
    this.#deps = deps;
    this.#target = deps.engine().workers;
    this.#gate = new StartGate({
      limit: () => deps.engine().startWorkerConcurrency,
      longestMs: () => deps.engine().workerReadyTimeoutMs,
      clock: deps.clock,
    });
    this.#rolling = new RollingRestart({
      ...deps,
      slots: this.#slots,
      begin: (slot) => this.#begin(slot),
      promote: (slot, started) => {
        slot.current = started;
      },
      onLost: (slot) => this.#onReplacementLost(slot),
    });
    this.up = new Promise((resolve) => {
      this.#resolveUp = resolve;
    });
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  start(): void {
    this.#fill();
    this.#settleIfOver();
  }

  stop(graceful: boolean): void {
    if (!this.#isStopping) this.#deps.logger.info(`stopping ${this.#aliveCount()} workers`, { graceful });
    this.#isStopping = true;
    this.#rolling.stop();
    for (const slot of this.#slots.values()) {
      slot.cancelStart();
      // A beforeFork() that hangs must not keep the server from an immediate stop.
      if (!graceful) slot.launching = 0;
      slot.handle?.requestStop(graceful, 'stop');
      slot.replacement?.handle.requestStop(graceful, 'stop');
    }
    this.#gate.open();
    this.#settleIfOver();
  }

  restart(graceful: boolean): void {
    if (this.#isStopping) return;
    const strategy = this.#deps.engine().restartStrategy;
    this.#deps.logger.info(`restarting ${this.#aliveCount()} workers`, { graceful, strategy });
    this.#rolling.stop();
    for (const slot of this.#slots.values()) {
      if (slot.unrecoverableStatus !== undefined) continue;
      slot.history = NO_HISTORY;
      if (!slot.handle && slot.launching === 0) this.#schedule(slot, this.#deps.clock.now());
      else if (strategy === 'all') slot.handle?.requestStop(graceful, 'restart');
    }
    if (strategy === 'rolling') this.#rolling.start(graceful);
  }

  reload(): void {
    for (const slot of this.#slots.values()) {
      slot.handle?.reload();
      slot.replacement?.handle.reload();
    }
    this.#setTarget(this.#deps.engine().workers);
    this.#gate.admit();
  }

  scale(workers: number): void {
    this.#setTarget(workers);
  }

  dump(): void {
    for (const slot of this.#slots.values()) {
      slot.handle?.dump();
      slot.replacement?.handle.dump();
    }
  }

  get target(): number {
    return this.#target;
  }

  views(): readonly WorkerView[] {
    const now = this.#deps.clock.now();
    return [...this.#slots.values()].map((slot) => ({
      workerId: slot.workerId,
      pid: slot.handle?.pid,
      state: slot.state,
      generation: slot.generation,
      uptimeMs: slot.handle ? Math.round(now - slot.handle.startedAt) : 0,
    }));
  }

  #setTarget(workers: number): void {
    if (workers === this.#target || this.#isStopping) return;
    this.#deps.logger.info(`scaling from ${this.#target} to ${workers} workers`);
    this.#target = workers;
    this.#fill();
    for (const slot of this.#slots.values()) {
      slot.isSurplus = slot.workerId >= workers;
      if (!slot.isSurplus) continue;
      slot.cancelStart();
      slot.handle?.requestStop(true, 'scale_down');
      slot.replacement?.handle.requestStop(true, 'scale_down');
      this.#dropIfOver(slot);
    }
  }

  /** Every id below the target has a slot. */
  #fill(): void {
    for (let id = 0; id < this.#target; id += 1) {
      if (this.#slots.has(id)) continue;
      const slot = new WorkerSlot(id);
      this.#slots.set(id, slot);
      this.#schedule(slot, this.#deps.clock.now());
    }
  }

  /** Fills the slot at that time, or later when the spacing of starts says so. */
  #schedule(slot: WorkerSlot, at: number): void {
    const { clock, engine, random } = this.#deps;
    const { startWorkerDelayMs, startWorkerDelayRand } = engine();
    const paced = nextStartAt(this.#lastStartAt, startWorkerDelayMs, startWorkerDelayRand, random);
    const startAt = Math.max(at, paced);
    this.#lastStartAt = startAt;
    slot.cancelStart();
    const delayMs = startAt - clock.now();
    if (delayMs <= 0) {
      void this.#launch(slot);
      return;
    }
    slot.startTimer = clock.after(delayMs, () => {
      slot.startTimer = undefined;
      void this.#launch(slot);
    });
  }

  /** A start that fails counts as a crash. */
  async #launch(slot: WorkerSlot): Promise<void> {
    const startedAt = this.#deps.clock.now();
    try {
      const started = await this.#begin(slot);
      if (started) slot.current = started;
      else this.#dropIfOver(slot);
    } catch (error) {
      const spawnError = error instanceof Error ? error : new Error(String(error));
      const past = { startedAt, pid: undefined, reason: undefined };
      const end = { exit: { code: null, signal: null, spawnError }, endedAt: this.#deps.clock.now() };
      this.#report(slot, slot.generation, end, past);
      this.#afterExit(slot, end, past);
    }
  }

  /** One start: the hooks, then the worker itself. Undefined: nobody wants it any more. */
  async #begin(slot: WorkerSlot): Promise<StartedWorker | undefined> {
    const { hooks: hooksOf, launcher, logger } = this.#deps;
    const { workerId } = slot;
    slot.launching += 1;
    const entered = this.#gate.enter();
    const place = entered instanceof Promise ? await entered : entered;
    slot.generation += 1;
    const who = { workerId, generation: slot.generation };
    let hooks: ParentHooks | undefined;
    let started: StartedWorker | undefined;
    try {
      if (!this.#isWanted(slot)) return undefined;
      hooks = hooksOf(workerId);
      const wait = hooks.beforeFork();
      if (wait) await wait;
      if (!this.#isWanted(slot)) return undefined;
      const state = { isRunning: false };
      let onReady = (): void => {};
      const ready = new Promise<'ready'>((resolve) => {
        onReady = () => resolve('ready');
      });
      const handle = await launcher.launch(who, hooks.worker, {
        onRunning: () => {
          state.isRunning = true;
          place.leave();
          logger.debug(`worker ${workerId} is running`, { ...who, pid: started?.handle.pid });
        },
        onReady: () => {
          onReady();
          this.#resolveUp();
          this.#noteIfEverybodyIsUp();
        },
      });
      void handle.exited.then(() => place.leave());
      const end = this.#awaitEnd(handle);
      const reported = end.then((exit) => this.#report(slot, who.generation, exit, handle));
      started = Object.assign(state, { handle, generation: who.generation, ready, reported });
      this.#watch(slot, started, end);
      return started;
    } finally {
      if (!started) place.leave();
      slot.launching = Math.max(0, slot.launching - 1);
      void hooks?.afterStart();
    }
  }

  #watch(slot: WorkerSlot, started: StartedWorker, ended: Promise<WorkerEnd>): void {
    const { handle, generation } = started;
    const { workerId } = slot;
    if (handle.pid !== undefined) {
      this.#deps.logger.info(`worker ${workerId} started`, { workerId, pid: handle.pid, generation });
    }
    // A stop may have come while it was being started.
    if (this.#isStopping) handle.requestStop(true, 'stop');
    else if (slot.isSurplus) handle.requestStop(true, 'scale_down');
    const drained = handle.drained.finally(() => {
      this.#draining.delete(drained);
    });
    this.#draining.add(drained);
    void ended.then((end) => {
      this.#noteIfEverybodyIsUp();
      if (slot.current !== started) return;
      slot.current = undefined;
      this.#afterExit(slot, end, handle);
    });
  }

  /** What it wrote before an unexpected end belongs into the record of it; a moment later it has been read. */
  async #awaitEnd(handle: WorkerHandle): Promise<WorkerEnd> {
    const { clock } = this.#deps;
    const exit = await handle.exited;
    const endedAt = clock.now();
    if (!isExpected(exit, handle.reason)) await Promise.race([handle.drained, sleep(clock, FINAL_LINES_MS)]);
    return { exit, endedAt };
  }

  #report(
    slot: WorkerSlot,
    generation: number,
    { exit, endedAt }: WorkerEnd,
    past: Pick<WorkerHandle, 'startedAt' | 'pid' | 'reason'> & Partial<WorkerHandle>,
  ): void {
    const { pid, reason, startedAt, rssBytes, lastWords } = past;
    const { workerId } = slot;
    const hasOomKill = exit.signal === 'SIGKILL' && reason === undefined && this.#oomKills.haveRisen();
    const [uptimeMs, lastLines] = [endedAt - startedAt, lastWords?.lines() ?? []];
    const death = { workerId, generation, exit, pid, reason, uptimeMs, rssBytes, lastLines, hasOomKill };
    reportExit(this.#deps.logger, death);
  }

  /** The slot's worker is gone. */
  #afterExit(
    slot: WorkerSlot,
    { exit, endedAt }: WorkerEnd,
    past: Pick<WorkerHandle, 'startedAt' | 'reason'>,
  ): void {
    if (this.#isStopping || slot.isSurplus) {
      this.#dropIfOver(slot);
      return;
    }
    // The one that was to take over will, or its end brings the next.
    if (slot.replacement) return;
    const { reason, startedAt } = past;
    const expected = reason === 'restart' || reason === 'scale_down';
    this.#replace(slot, { code: exit.code, signal: exit.signal, startedAt, endedAt, expected });
  }

  #onReplacementLost(slot: WorkerSlot): void {
    if (this.#isStopping || slot.isSurplus) this.#dropIfOver(slot);
    else if (!slot.current && slot.launching === 0 && !slot.startTimer) {
      this.#schedule(slot, this.#deps.clock.now());
    }
  }

  #replace(slot: WorkerSlot, exit: WorkerExit): void {
    const { engine, logger, random } = this.#deps;
    const decision = decideRestart(slot.history, exit, restartSettings(engine()), random);
    if (decision.kind === 'unrecoverable') {
      this.#giveUp(slot, decision.status);
      return;
    }
    if (!exit.expected && this.#isCrashLimitReached(exit.endedAt)) return;
    slot.history = decision.history;
    const delayMs = Math.round(decision.at - exit.endedAt);
    if (delayMs > 0)
      logger.info(`worker ${slot.workerId} will be restarted after a delay`, {
        workerId: slot.workerId,
        delayMs,
      });
    this.#schedule(slot, decision.at);
  }

  #giveUp(slot: WorkerSlot, status: number): void {
    const { engine, logger } = this.#deps;
    slot.unrecoverableStatus = status;
    if (this.#end.kind === 'stopped') this.#end = { kind: 'stopped', unrecoverableStatus: status };
    logger.error(`worker ${slot.workerId} ended with an unrecoverable status, it is not restarted`, {
      workerId: slot.workerId,
      status,
    });
    const first = engine().stopImmediatelyAtUnrecoverableExit;
    if (!first && [...this.#slots.values()].some((other) => other.unrecoverableStatus === undefined)) return;
    this.#end = { kind: 'unrecoverable', status };
    this.#stopAll();
  }

  #stopAll(): void {
    this.#deps.stopServer();
    // Also if an override of stop() does not call super: it was not asked whether.
    this.stop(true);
  }

  #isCrashLimitReached(now: number): boolean {
    const limit = crashLimit(this.#deps.engine());
    const crashes = recordCrash(this.#crashTimes, now, limit);
    this.#crashTimes = crashes.times;
    if (!crashes.exceeded) return false;
    this.#deps.logger.fatal('workers crash too often, the server gives up', {
      crashes: crashes.times.length,
      ...limit,
    });
    this.#end = { kind: 'crash_limit' };
    this.#stopAll();
    return true;
  }

  #dropIfOver(slot: WorkerSlot): void {
    if (!slot.isOver) return;
    if (slot.isSurplus) this.#slots.delete(slot.workerId);
    this.#settleIfOver();
  }

  #settleIfOver(): void {
    if (!this.#isStopping) return;
    for (const slot of this.#slots.values()) if (!slot.isOver) return;
    void readLastWords(this.#draining, this.#deps.clock).then(() => this.#resolveEnded(this.#end));
  }

  #noteIfEverybodyIsUp(): void {
    if ([...this.#slots.values()].every((slot) => slot.state === 'running'))
      this.#deps.launcher.everybodyIsUp?.();
  }

  #isWanted(slot: WorkerSlot): boolean {
    return !this.#isStopping && !slot.isSurplus;
  }

  #aliveCount(): number {
    return [...this.#slots.values()].filter((slot) => slot.handle).length;
  }
}
