import type { Clock } from '../common/clock';
import type { EngineConfig } from '../config/engine-config';
import type { Emit } from '../contract/event-hub';
import type { RestartResult, ScaleResult } from '../contract/results';
import type { WorkerView } from '../contract/server-control';
import type { Logger } from '../logging/logger';
import { decideRestart, isCrash, NO_HISTORY, recordCrash, type WorkerExit } from '../process/restart-policy';
import { nextStartAt } from '../process/start-pacing';
import { failedStartText, FirstStart, type FailedStart } from './first-start';
import { LeavingWorkers } from './leaving-workers';
import type { ParentHooks } from './parent-hooks';
import type { PoolEnd, PoolStatus, WorkerPool } from './pool';
import type { WorkerHandle, WorkerLauncher } from './worker-handle';
import { crashLimit, restartSettings } from './restart-settings';
import { Deadline } from './deadline';
import { RollingRestart } from './rolling-restart';
import { bootStopMs } from './stop-limits';
import { leavesPlace, replacementOf } from './worker-phase';
import { WorkerEnds, type WorkerEnd } from './worker-ends';
import { WorkerSlot, type StartedWorker } from './worker-slot';
import { WorkerStarts } from './worker-starts';

export interface SupervisedPoolDeps {
  /** The name of the group. */
  readonly group: string;
  /** Tells the listeners of `engine.on()`. */
  readonly emit: Emit;
  readonly launcher: WorkerLauncher;
  /** A parent-side worker object for each start, for its beforeFork() and afterStart(). */
  readonly hooks: (workerId: number) => ParentHooks;
  /** Lets the Server object hear that the pool gives up. */
  readonly stopServer: () => void;
  /** Whether a start at which no worker comes up ends the pool. */
  readonly mustComeUp: () => boolean;
  /** A worker has failed before any was up. */
  readonly onTrying: (why: string) => void;
  readonly engine: () => EngineConfig;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: () => number;
}

type WorkerPast = Pick<WorkerHandle, 'startedAt' | 'reason'>;

function workerExit({ exit, endedAt }: WorkerEnd, { reason, startedAt }: WorkerPast): WorkerExit {
  const expected = reason === 'restart' || reason === 'scale_down';
  const { code, signal, spawnError } = exit;
  return { code, signal, spawnError, startedAt, endedAt, expected };
}

/** Nobody asked for a stop · workers are asked to finish · they are told to end. There is no way back. */
type PoolStop = 'none' | 'graceful' | 'immediate';

// The terminal's Ctrl-C reaches workers as well as us, and some of them are faster.
const UNASKED_STOP_MS = 200;

/** Keeps `workers` workers alive, each by itself: starts, replaces and stops them. Runs in the server process. */
export class SupervisedPool implements WorkerPool {
  readonly ended: Promise<PoolEnd>;
  readonly up: Promise<void>;
  readonly #deps: SupervisedPoolDeps;
  readonly #slots = new Map<number, WorkerSlot>();
  #target: number;
  #lastStartAt: number | undefined;
  #crashTimes: readonly number[] = [];
  #stop: PoolStop = 'none';
  readonly #leaving: LeavingWorkers;
  readonly #rolling: RollingRestart;
  readonly #starts: WorkerStarts;
  readonly #ends: WorkerEnds;
  readonly #first: FirstStart;
  /** How long a graceful stop waits for starts that are under way. */
  readonly #startLimit: Deadline;
  #end: PoolEnd = { kind: 'stopped' };
  #resolveEnded!: (end: PoolEnd) => void;
  #resolveUp!: () => void;

  constructor(deps: SupervisedPoolDeps) {
    this.#deps = deps;
    this.#target = deps.engine().workers;
    this.#ends = new WorkerEnds(deps.clock, deps.logger);
    this.#startLimit = new Deadline(deps.clock);
    this.#starts = new WorkerStarts({
      ...deps,
      ends: this.#ends,
      isWanted: (slot) => !this.#isStopping && !slot.isSurplus,
      onReady: () => this.#noteIfEverybodyIsUp(),
      onClosed: (slot, started) => this.#onClosed(slot, started),
      onStarted: (slot, started) => this.#onStarted(slot, started),
      onEnded: (slot, started, end) => this.#onEnded(slot, started, end),
    });
    this.#first = new FirstStart({
      ...deps,
      needed: () =>
        deps.mustComeUp() ? Math.min(this.#target, deps.engine().startWorkerConcurrency) : Infinity,
      onUp: () => this.#resolveUp(),
      onTried: (failed) => deps.onTrying(failedStartText(failed)),
      onFailed: (failed) => this.#neverUp(failed),
      isUnrecoverable: (code) => deps.engine().unrecoverableExitCodes.includes(code),
    });
    this.#leaving = new LeavingWorkers({ ...deps, onGone: () => this.#settleIfOver() });
    this.#rolling = new RollingRestart({
      ...deps,
      slots: this.#slots,
      begin: (slot, signal) => this.#starts.begin(slot, signal),
      promote: (slot, started, graceful) => this.#promote(slot, started, graceful),
      giveUp: (slot, started) => this.#giveUpReplacement(slot, started),
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

  stop(graceful: boolean, isAwaited = false): void {
    if (!this.#isStopping) {
      const fields = this.#leaving.size > 0 ? { graceful, lingering: this.#leaving.size } : { graceful };
      this.#deps.logger.info(`stopping ${this.#aliveCount()} workers`, fields);
    }
    if (this.#stop !== 'immediate') this.#stop = graceful ? 'graceful' : 'immediate';
    this.#rolling.stop();
    if (isAwaited) this.#leaving.hurry();
    this.#leaving.requestStop(graceful, 'stop');
    for (const slot of this.#slots.values()) {
      slot.cancelStart();
      // A beforeFork() that hangs must not keep the server from a stop: from an immediate one not at all.
      if (!graceful) slot.launching = 0;
      if (isAwaited) slot.handle?.hurry();
      slot.handle?.requestStop(graceful, 'stop');
      slot.replacement?.handle.requestStop(graceful, 'stop');
    }
    this.#starts.open();
    if (graceful)
      this.#startLimit.set(bootStopMs(this.#deps.engine().workerGracefulKillTimeoutMs), () =>
        this.#giveUpStarts(),
      );
    this.#settleIfOver();
  }

  async restart(graceful: boolean): Promise<RestartResult> {
    const none = { replaced: 0, kept: this.#target };
    if (this.#isStopping) return { ...none, ok: false, reason: 'the server is stopping', tookMs: 0 };
    const begunAt = this.#deps.clock.now();
    const strategy = this.#deps.engine().restartStrategy;
    const rolling: number[] = [];
    const atOnce: WorkerSlot[] = [];
    for (const slot of this.#slots.values()) {
      if (slot.unrecoverableStatus !== undefined) continue;
      slot.history = NO_HISTORY;
      const { current } = slot;
      if (!current) {
        if (slot.launching === 0) this.#schedule(slot, this.#deps.clock.now());
      } else if (replacementOf(strategy, current.phase, current.handle.isListening()) === 'rolling') {
        rolling.push(slot.workerId);
      } else {
        atOnce.push(slot);
      }
    }
    const fields = { graceful, strategy, rolling: rolling.length, atOnce: atOnce.length };
    this.#deps.logger.info(`restarting ${this.#aliveCount()} workers`, fields);
    // Also where nothing rolls: what an earlier rollout has under way is old.
    const rollout = this.#rolling.start(rolling, graceful);
    for (const { handle } of atOnce) {
      // Its successor waits for its end.
      if (handle?.isListening() === false) handle.hurry();
      handle?.requestStop(graceful, 'restart');
    }
    // Those that linger are old workers too: an immediate restart does not wait for them.
    if (!graceful) this.#leaving.requestStop(false, 'restart');
    const rest = Promise.all(atOnce.flatMap(({ handle }) => (handle ? [handle.exited] : [])));
    const { outcome, replaced, kept, failed } = await rollout;
    await rest;
    const result = {
      ok: outcome === 'held',
      outcome,
      replaced: replaced + atOnce.length,
      kept,
      tookMs: Math.round(this.#deps.clock.now() - begunAt),
    };
    if (!failed)
      return outcome === 'held' ? result : { ...result, reason: 'another restart or a stop came first' };
    const { workerId, why } = failed;
    return {
      ...result,
      reason: `worker ${workerId}: ${why}`,
      failed: { group: this.#deps.group, workerId, why },
    };
  }

  reload(): void {
    for (const slot of this.#slots.values()) {
      slot.handle?.reload();
      slot.replacement?.handle.reload();
    }
    this.#leaving.reload();
    this.#setTarget(this.#deps.engine().workers);
    this.#starts.admit();
  }

  scale(workers: number): ScaleResult {
    const from = this.#target;
    this.#setTarget(workers);
    return {
      ok: !this.#isStopping,
      from,
      to: this.#target,
      ...(this.#isStopping ? { reason: 'the server is stopping' } : {}),
    };
  }

  dump(): void {
    for (const slot of this.#slots.values()) {
      slot.handle?.dump();
      slot.replacement?.handle.dump();
    }
    this.#leaving.dump();
  }

  get target(): number {
    return this.#target;
  }

  views(): readonly WorkerView[] {
    const now = this.#deps.clock.now();
    const inPlace = [...this.#slots.values()].map((slot) => ({
      workerId: slot.workerId,
      pid: slot.handle?.pid,
      state: slot.state,
      generation: slot.generation,
      uptimeMs: slot.handle ? Math.round(now - slot.handle.startedAt) : 0,
    }));
    return [...inPlace, ...this.#leaving.views()];
  }

  status(): PoolStatus {
    const { group, engine } = this.#deps;
    const workers = this.views().map(({ state, ...view }) => ({
      ...view,
      group,
      state: state === 'exited' ? ('over' as const) : state,
      restarts: Math.max(0, view.generation - 1),
      lastExit: undefined,
    }));
    const { workerType, restartStrategy } = engine();
    return {
      group: { name: group, type: workerType, target: this.#target, strategy: restartStrategy },
      workers,
      standby: [],
      rollout: undefined,
      deaths: [],
    };
  }

  #setTarget(workers: number): void {
    if (workers === this.#target || this.#isStopping) return;
    this.#deps.logger.info(`scaling from ${this.#target} to ${workers} workers`);
    this.#target = workers;
    this.#fill();
    for (const slot of this.#slots.values()) {
      slot.isSurplus = slot.workerId >= workers;
      if (!slot.isSurplus) {
        // It may linger since it was surplus, and be wanted again.
        this.#makeRoom(slot);
        continue;
      }
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
      const started = await this.#starts.begin(slot);
      if (started) slot.current = started;
      else this.#dropIfOver(slot);
    } catch (error) {
      const spawnError = error instanceof Error ? error : new Error(String(error));
      const { workerId, generation } = slot;
      const end = { exit: { code: null, signal: null, spawnError }, endedAt: this.#deps.clock.now() };
      this.#ends.reportFailedStart({ workerId, generation }, end, startedAt);
      this.#first.notStarted(workerId, spawnError);
      this.#afterExit(slot, end, { startedAt, reason: undefined });
    }
  }

  #onStarted(slot: WorkerSlot, started: StartedWorker): void {
    const { handle } = started;
    this.#first.started(started);
    // A stop may have come while it was being started.
    if (this.#isStopping) handle.requestStop(this.#stop !== 'immediate', 'stop');
    else if (slot.isSurplus) handle.requestStop(true, 'scale_down');
  }

  #onEnded(slot: WorkerSlot, started: StartedWorker, end: WorkerEnd): void {
    this.#noteIfEverybodyIsUp();
    this.#first.ended(slot.workerId, started, end);
    if (slot.current !== started) return;
    const { handle, reported } = started;
    if (this.#isReplacedAtOnce(slot, end, handle)) {
      slot.vacate(reported);
      this.#afterExit(slot, end, handle);
      return;
    }
    void reported.then(() => {
      if (slot.current !== started) return;
      slot.current = undefined;
      this.#afterExit(slot, end, handle);
    });
  }

  /** The next worker need not wait for the record of this one's end; whatever else follows from it does. */
  #isReplacedAtOnce(slot: WorkerSlot, end: WorkerEnd, past: WorkerPast): boolean {
    if (this.#isStopping || slot.isSurplus || slot.replacement) return false;
    const { engine, random } = this.#deps;
    const exit = workerExit(end, past);
    const decision = decideRestart(slot.history, exit, restartSettings(engine()), random);
    if (decision.kind !== 'restart' || decision.at > exit.endedAt) return false;
    return !isCrash(exit) || !recordCrash(this.#crashTimes, exit.endedAt, crashLimit(engine())).exceeded;
  }

  /** The slot's worker is gone. */
  #afterExit(slot: WorkerSlot, end: WorkerEnd, past: WorkerPast): void {
    if (this.#isStopping || slot.isSurplus) {
      this.#dropIfOver(slot);
      return;
    }
    // The one that was to take over will, or its end brings the next.
    if (slot.replacement) return;
    this.#replace(slot, workerExit(end, past));
  }

  #onClosed(slot: WorkerSlot, started: StartedWorker): void {
    const makeRoom = (): void => {
      if (slot.current === started) this.#makeRoom(slot);
    };
    if (started.handle.reason !== undefined) makeRoom();
    else this.#deps.clock.after(UNASKED_STOP_MS, makeRoom, { unref: true });
  }

  /** A worker that lingers, for hours it may be, leaves its place to the next. */
  #makeRoom(slot: WorkerSlot): void {
    const { current } = slot;
    const wish = { isPoolStopping: this.#isStopping, isSurplus: slot.isSurplus };
    if (!current || !leavesPlace(current.phase, wish)) return;
    const { handle } = current;
    const { startedAt, reason } = handle;
    slot.current = undefined;
    this.#leaving.add(slot.workerId, current);
    // Where somebody else has told it to stop: from now on the escalation is over it too.
    handle.requestStop(true, 'restart');
    const exit = { code: null, signal: null };
    this.#afterExit(slot, { exit, endedAt: this.#deps.clock.now() }, { startedAt, reason });
  }

  #promote(slot: WorkerSlot, started: StartedWorker, graceful: boolean): StartedWorker | undefined {
    const old = slot.current;
    slot.current = started;
    if (!old) return undefined;
    old.handle.requestStop(graceful, 'restart');
    this.#leaving.add(slot.workerId, old);
    return old;
  }

  #giveUpReplacement(slot: WorkerSlot, started: StartedWorker): void {
    this.#leaving.add(slot.workerId, started);
    if (this.#isStopping || slot.isSurplus) this.#dropIfOver(slot);
    else if (slot.isOver) this.#schedule(slot, this.#deps.clock.now());
  }

  #replace(slot: WorkerSlot, exit: WorkerExit): void {
    const { engine, logger, random } = this.#deps;
    const decision = decideRestart(slot.history, exit, restartSettings(engine()), random);
    if (decision.kind === 'unrecoverable') {
      this.#giveUp(slot, decision.status);
      return;
    }
    if (isCrash(exit) && this.#isCrashLimitReached(exit.endedAt)) return;
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

  #neverUp(failed: FailedStart): void {
    if (this.#isStopping) return;
    this.#deps.logger.fatal('no worker came up, the server gives up; startRetry: true tries for ever', {
      reason: failed.why,
    });
    this.#end = { kind: 'never_up', why: failedStartText(failed) };
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

  #giveUpStarts(): void {
    const slots = [...this.#slots.values()].filter((slot) => slot.launching > 0);
    if (slots.length === 0) return;
    this.#deps.logger.warn('beforeFork() or spawn() has not ended, the server stops without it', {
      workers: slots.map((slot) => slot.workerId),
    });
    for (const slot of slots) slot.launching = 0;
    this.#settleIfOver();
  }

  #settleIfOver(): void {
    if (!this.#isStopping || this.#leaving.size > 0) return;
    for (const slot of this.#slots.values()) if (!slot.isOver) return;
    this.#startLimit.cancel();
    void this.#ends.allReported().then(() => this.#resolveEnded(this.#end));
  }

  get #isStopping(): boolean {
    return this.#stop !== 'none';
  }

  #noteIfEverybodyIsUp(): void {
    if ([...this.#slots.values()].every((slot) => slot.state === 'running'))
      this.#deps.launcher.everybodyIsUp?.();
  }

  #aliveCount(): number {
    return [...this.#slots.values()].filter((slot) => slot.handle).length + this.#leaving.size;
  }
}
