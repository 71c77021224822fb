import type { Clock } from '../common/clock';
import { messageOf } from '../common/errors';
import type { EngineConfig } from '../config/engine-config';
import type { RestartOutcome } from '../contract/results';
import type { Logger } from '../logging/logger';
import { isWished } from '../contract/end-reasons';
import { rollOut, type Replacement } from './rollout';
import { waitForOld, type OldWorker } from './rollout-wait';
import type { StartedWorker, WorkerSlot } from './worker-slot';

export interface RollingRestartDeps {
  readonly slots: ReadonlyMap<number, WorkerSlot>;
  /** Starts a worker for the slot, beside the one that it has. Undefined: nobody wants it any more. */
  readonly begin: (slot: WorkerSlot, signal: AbortSignal) => Promise<StartedWorker | undefined>;
  /** Makes it the slot's worker. The one before, if there is one, is told to stop, leaves the slot and is returned. */
  readonly promote: (
    slot: WorkerSlot,
    started: StartedWorker,
    graceful: boolean,
  ) => StartedWorker | undefined;
  /** It is never going to be the slot's worker, and was told to stop. Nobody need wait for its end. */
  readonly giveUp: (slot: WorkerSlot, started: StartedWorker) => void;
  readonly engine: () => EngineConfig;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What came of a replacement's boot. unwanted: it was told to stop for another reason, a scale-down for one. */
type Boot = 'ready' | 'overtaken' | 'unwanted' | { readonly failure: string };

/** What came of the rolling part of a restart. */
export interface RolloutOutcome {
  readonly outcome: RestartOutcome;
  readonly replaced: number;
  readonly kept: number;
  readonly failed: { readonly workerId: number; readonly why: string } | undefined;
}

/** One rollout. */
interface Run {
  readonly graceful: boolean;
  /** Aborted when the next one begins, or the pool stops. */
  readonly signal: AbortSignal;
  /** Resolves then. One for all who wait: a signal complains of many listeners. */
  readonly overtaken: Promise<typeof OVERTAKEN>;
}

const OVERTAKEN = Symbol('overtaken');

/**
 * Surge first: the replacement is ready before the old worker is told to stop. A replacement that does not get ready
 * halts the rollout, and the old workers stay. The end of an old worker is waited for only as far as `restartLinger` says.
 */
export class RollingRestart {
  readonly #deps: RollingRestartDeps;
  #abort = new AbortController();

  constructor(deps: RollingRestartDeps) {
    this.#deps = deps;
  }

  /** A rollout that is under way is given up at once: it may be replacing by what is old again. */
  start(workerIds: readonly number[], graceful: boolean): Promise<RolloutOutcome> {
    this.stop();
    if (workerIds.length === 0)
      return Promise.resolve({ outcome: 'held', replaced: 0, kept: 0, failed: undefined });
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    const overtaken = new Promise<typeof OVERTAKEN>((resolve) => {
      signal.addEventListener('abort', () => resolve(OVERTAKEN), { once: true });
    });
    return this.#run(workerIds, { graceful, signal, overtaken });
  }

  stop(): void {
    this.#abort.abort();
  }

  async #run(workerIds: readonly number[], run: Run): Promise<RolloutOutcome> {
    const { signal } = run;
    const { engine, clock, logger } = this.#deps;
    const begunAt = clock.now();
    const result = await rollOut(
      workerIds,
      () => engine().restartConcurrency,
      (id) => this.#replace(id, run),
      signal,
    );
    const fields = { replaced: result.replaced.length, tookMs: Math.round(clock.now() - begunAt) };
    if (result.failed) {
      const { workerId, why } = result.failed;
      const kept = result.left.length + 1;
      logger.error('rolling restart halted, the old workers stay', { ...fields, kept, workerId, why });
      return { outcome: 'halted', replaced: fields.replaced, kept, failed: result.failed };
    }
    if (signal.aborted) {
      logger.info('rolling restart was overtaken', { ...fields, kept: result.left.length });
      return { outcome: 'overtaken', replaced: fields.replaced, kept: result.left.length, failed: undefined };
    }
    logger.info('rolling restart finished', fields);
    return { outcome: 'held', replaced: fields.replaced, kept: 0, failed: undefined };
  }

  async #replace(id: number, run: Run): Promise<Replacement> {
    const { slots, promote, giveUp } = this.#deps;
    const slot = slots.get(id);
    // A worker that died meanwhile was replaced in the usual way, by what is new already.
    if (!slot?.handle || slot.isSurplus || slot.handle.isStopping) return 'void';
    let started: StartedWorker | undefined;
    try {
      started = await this.#begin(slot, run);
    } catch (error) {
      return { failure: `its replacement could not be started: ${messageOf(error)}` };
    }
    if (!started) return 'void';
    slot.replacement = started;
    const boot = await this.#waitUntilReady(started, run);
    // The next rollout may have one of its own there.
    if (slot.replacement === started) slot.replacement = undefined;
    if (boot === 'ready') {
      const old = promote(slot, started, run.graceful);
      if (old) await this.#waitForOld(id, old, started, run);
      return 'done';
    }
    if (boot === 'overtaken' || boot === 'unwanted') {
      started.handle.requestStop(true, 'restart');
      giveUp(slot, started);
      return 'void';
    }
    started.handle.requestStop(false, 'ready_timeout');
    giveUp(slot, started);
    // So that the log has the reason before the consequence.
    await Promise.race([started.reported, run.overtaken]);
    return boot;
  }

  /** It may wait for its turn, or for a beforeFork() that hangs: an overtaken rollout does not wait with it. */
  async #begin(slot: WorkerSlot, { signal, overtaken }: Run): Promise<StartedWorker | undefined> {
    const { begin, giveUp, logger } = this.#deps;
    const begun = begin(slot, signal);
    const first = await Promise.race([begun, overtaken]);
    if (first !== OVERTAKEN) return first;
    begun.then(
      (started) => {
        if (!started) return;
        started.handle.requestStop(true, 'restart');
        giveUp(slot, started);
      },
      (error: unknown) => logger.debug('the start of a replacement that was overtaken has failed', { error }),
    );
    return undefined;
  }

  async #waitUntilReady(started: StartedWorker, { signal, overtaken }: Run): Promise<Boot> {
    const { clock, engine } = this.#deps;
    const limitMs = engine().workerReadyTimeoutMs;
    const { handle } = started;
    return new Promise((resolve) => {
      const timer = clock.after(limitMs, () =>
        settle({ failure: `its replacement was not ready after ${limitMs / 1000} s` }),
      );
      const settle = (boot: Boot): void => {
        timer.cancel();
        resolve(signal.aborted ? 'overtaken' : isWished(handle.reason) ? 'unwanted' : boot);
      };
      void started.ready.then(() => settle('ready'));
      void handle.exited.then(({ code, signal: by }) =>
        settle({
          failure: `its replacement ended with ${by ?? `status ${String(code)}`} before it was ready`,
        }),
      );
      void overtaken.then(() => settle('overtaken'));
    });
  }

  /** Until the rollout may go on: see waitForOld(). */
  async #waitForOld(
    id: number,
    old: StartedWorker,
    started: StartedWorker,
    { signal, overtaken }: Run,
  ): Promise<void> {
    const { clock, engine, logger } = this.#deps;
    const known: { old: OldWorker } = { old: { kind: 'told', since: clock.now() } };
    const isClosed = old.closed.then(() => {
      if (known.old.kind === 'told') known.old = { kind: 'closed', since: clock.now() };
    });
    const isGone = old.handle.exited.then(() => {
      known.old = { kind: 'gone' };
    });
    while (!signal.aborted) {
      const { restartLingerMs, workerReadyTimeoutMs } = engine();
      const settings = { lingerMs: restartLingerMs, closeLimitMs: workerReadyTimeoutMs };
      const step = waitForOld(known.old, settings, clock.now());
      if (step.kind === 'go_on') {
        const fields = { workerId: id, pid: started.handle.pid, oldPid: old.handle.pid, old: step.old };
        if (step.old === 'silent')
          logger.warn(
            `worker ${id} was replaced, but does not say that it accepts nothing new: the rollout goes on without it`,
            fields,
          );
        else logger.info(`worker ${id} was replaced, the rollout goes on`, fields);
        return;
      }
      let wake = (): void => {};
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const timer = clock.after(Math.max(0, step.until - clock.now()), wake);
      const news = known.old.kind === 'told' ? [isClosed, isGone] : [isGone];
      await Promise.race([woken, overtaken, ...news]);
      timer.cancel();
    }
  }
}
