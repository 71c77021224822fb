import type { Clock } from '../common/clock';
import type { EngineConfig } from '../config/engine-config';
import type { WorkerView } from '../contract/server-control';
import type { Logger } from '../logging/logger';
import type { ChildExit, KillReason } from '../process/process-monitor';
import { decideRestart, NO_HISTORY, recordCrash, type WorkerExit } from '../process/restart-policy';
import { nextStartAt } from '../process/start-pacing';
import { reportExit } from './exit-report';
import type { ParentHooks } from './parent-hooks';
import type { PoolEnd, WorkerPool } from './pool';
import type { WorkerHandle, WorkerLauncher } from './worker-handle';
import { crashLimit, restartSettings } from './restart-settings';
import { WorkerSlot } from './worker-slot';

export interface SupervisedPoolDeps {
  readonly launcher: WorkerLauncher;
  /** A parent-side worker object for each start, for its beforeFork() and afterStart(). */
  readonly hooks: (workerId: number) => ParentHooks;
  readonly engine: () => EngineConfig;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: () => number;
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
  #end: PoolEnd = { kind: 'stopped' };
  #resolveEnded!: (end: PoolEnd) => void;
  #resolveUp!: () => void;

  constructor(deps: SupervisedPoolDeps) {
    this.#deps = deps;
    this.#target = deps.engine().workers;
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
    for (const slot of this.#slots.values()) {
      slot.cancelStart();
      // A beforeFork() that hangs must not keep the server from an immediate stop.
      if (!graceful) slot.isLaunching = false;
      slot.handle?.requestStop(graceful, 'stop');
    }
    this.#settleIfOver();
  }

  restart(graceful: boolean): void {
    if (this.#isStopping) return;
    this.#deps.logger.info(`restarting ${this.#aliveCount()} workers`, { graceful });
    for (const slot of this.#slots.values()) {
      slot.history = NO_HISTORY;
      slot.unrecoverableStatus = undefined;
      if (slot.handle) slot.handle.requestStop(graceful, 'restart');
      else if (!slot.isLaunching) this.#schedule(slot, this.#deps.clock.now());
    }
  }

  reload(): void {
    for (const slot of this.#slots.values()) {
      slot.handle?.reload();
    }
    this.#setTarget(this.#deps.engine().workers);
  }

  scale(workers: number): void {
    this.#setTarget(workers);
  }

  dump(): void {
    for (const slot of this.#slots.values()) slot.handle?.dump();
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

  async #launch(slot: WorkerSlot): Promise<void> {
    slot.isLaunching = true;
    slot.isRunning = false;
    slot.generation += 1;
    const startedAt = this.#deps.clock.now();
    let hooks: ParentHooks | undefined;
    try {
      hooks = this.#deps.hooks(slot.workerId);
      const wait = hooks.beforeFork();
      if (wait) await wait;
      if (this.#isStopping || slot.isSurplus) {
        slot.isLaunching = false;
        this.#dropIfOver(slot);
        return;
      }
      const who = { workerId: slot.workerId, generation: slot.generation };
      const handle = await this.#deps.launcher.launch(who, hooks.worker, () => {
        slot.isRunning = true;
        this.#resolveUp();
        this.#deps.logger.debug(`worker ${slot.workerId} is running`, { ...who, pid: slot.handle?.pid });
      });
      this.#adopt(slot, handle);
    } catch (error) {
      const spawnError = error instanceof Error ? error : new Error(String(error));
      slot.isLaunching = false;
      this.#onExit(
        slot,
        { code: null, signal: null, spawnError },
        { startedAt, pid: undefined, reason: undefined },
      );
    }
    await hooks?.afterStart();
  }

  #adopt(slot: WorkerSlot, handle: WorkerHandle): void {
    slot.handle = handle;
    slot.isLaunching = false;
    if (handle.pid !== undefined) {
      const { workerId, generation } = slot;
      this.#deps.logger.info(`worker ${workerId} started`, { workerId, pid: handle.pid, generation });
    }
    // A stop may have come while it was being started.
    if (this.#isStopping) handle.requestStop(true, 'stop');
    else if (slot.isSurplus) handle.requestStop(true, 'scale_down');
    void handle.exited.then((exit) => {
      slot.handle = undefined;
      this.#onExit(slot, exit, handle);
    });
  }

  #onExit(
    slot: WorkerSlot,
    exit: ChildExit,
    past: { startedAt: number; pid: number | undefined; reason: KillReason | undefined },
  ): void {
    const { clock, logger } = this.#deps;
    const endedAt = clock.now();
    const { workerId, generation } = slot;
    const { pid, reason, startedAt } = past;
    reportExit(logger, { workerId, generation, exit, pid, reason, uptimeMs: endedAt - startedAt });
    if (this.#isStopping || slot.isSurplus) {
      this.#dropIfOver(slot);
      return;
    }
    const expected = reason === 'restart' || reason === 'scale_down';
    this.#replace(slot, { code: exit.code, signal: exit.signal, startedAt, endedAt, expected });
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
    logger.error(`worker ${slot.workerId} ended with an unrecoverable status, it is not restarted`, {
      workerId: slot.workerId,
      status,
    });
    const first = engine().stopImmediatelyAtUnrecoverableExit;
    if (!first && [...this.#slots.values()].some((other) => other.unrecoverableStatus === undefined)) return;
    this.#end = { kind: 'unrecoverable', status };
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
    this.stop(true);
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
    this.#resolveEnded(this.#end);
  }

  #aliveCount(): number {
    return [...this.#slots.values()].filter((slot) => slot.handle).length;
  }
}
