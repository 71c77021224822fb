import type { Clock } from '../common/clock';
import type { EngineConfig } from '../config/engine-config';
import type { WorkerView } from '../contract/server-control';
import type { Logger } from '../logging/logger';
import type { ChildExit, KillReason, ProcessMonitor } from '../process/process-monitor';
import { decideRestart, NO_HISTORY, recordCrash, type WorkerExit } from '../process/restart-policy';
import { nextStartAt } from '../process/start-pacing';
import { reportExit } from './exit-report';
import type { ParentHooks } from './parent-hooks';
import type { PoolEnd, WorkerPool } from './pool';
import type { WorkerLauncher } from './worker-launcher';
import { crashLimit, restartSettings } from './restart-settings';
import { WorkerSlot } from './worker-slot';

export interface ProcessPoolDeps {
  readonly launcher: WorkerLauncher;
  /** A parent-side worker object for each start, for its beforeFork() and afterStart(). */
  readonly hooks: (workerId: number) => ParentHooks;
  readonly engine: () => EngineConfig;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Keeps `workers` processes alive: starts, replaces and stops them. Runs in the server process. */
export class ProcessPool implements WorkerPool {
  readonly ended: Promise<PoolEnd>;
  readonly #deps: ProcessPoolDeps;
  readonly #slots = new Map<number, WorkerSlot>();
  #target: number;
  #lastStartAt: number | undefined;
  #crashTimes: readonly number[] = [];
  #isStopping = false;
  #end: PoolEnd = { kind: 'stopped' };
  #resolveEnded!: (end: PoolEnd) => void;

  constructor(deps: ProcessPoolDeps) {
    this.#deps = deps;
    this.#target = deps.engine().workers;
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
      slot.monitor?.requestStop(graceful, 'stop');
    }
    this.#settleIfOver();
  }

  restart(graceful: boolean): void {
    if (this.#isStopping) return;
    this.#deps.logger.info(`restarting ${this.#aliveCount()} workers`, { graceful });
    for (const slot of this.#slots.values()) {
      slot.history = NO_HISTORY;
      slot.unrecoverableStatus = undefined;
      if (slot.monitor) slot.monitor.requestStop(graceful, 'restart');
      else if (!slot.isLaunching) this.#schedule(slot, this.#deps.clock.now());
    }
  }

  reload(): void {
    for (const slot of this.#slots.values()) {
      if (slot.monitor) this.#deps.launcher.reload(slot.monitor);
    }
    this.#setTarget(this.#deps.engine().workers);
  }

  scale(workers: number): void {
    this.#setTarget(workers);
  }

  dump(): void {
    for (const slot of this.#slots.values()) slot.monitor?.signal('SIGCONT');
  }

  get target(): number {
    return this.#target;
  }

  views(): readonly WorkerView[] {
    const now = this.#deps.clock.now();
    return [...this.#slots.values()].map((slot) => ({
      workerId: slot.workerId,
      pid: slot.monitor?.pid,
      state: slot.state,
      generation: slot.generation,
      uptimeMs: slot.monitor ? now - slot.monitor.startedAt : 0,
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
      slot.monitor?.requestStop(true, 'scale_down');
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
      const monitor = this.#deps.launcher.launch(who, () => {
        slot.isRunning = true;
        this.#deps.logger.debug(`worker ${slot.workerId} is running`, { ...who, pid: monitor.pid });
      });
      this.#adopt(slot, monitor);
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

  #adopt(slot: WorkerSlot, monitor: ProcessMonitor): void {
    slot.monitor = monitor;
    slot.isLaunching = false;
    if (monitor.pid !== undefined) {
      const { workerId, generation } = slot;
      this.#deps.logger.info(`worker ${workerId} started`, { workerId, pid: monitor.pid, generation });
    }
    void monitor.exited.then((exit) => {
      slot.monitor = undefined;
      this.#onExit(slot, exit, monitor);
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
    return [...this.#slots.values()].filter((slot) => slot.monitor).length;
  }
}
