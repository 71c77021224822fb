import type { Clock } from '../common/clock';
import { messageOf } from '../common/errors';
import type { EngineConfig } from '../config/engine-config';
import type { Logger } from '../logging/logger';
import { rollOut, type Replacement } from './rollout';
import type { StartedWorker, WorkerSlot } from './worker-slot';

export interface RollingRestartDeps {
  readonly slots: ReadonlyMap<number, WorkerSlot>;
  /** Starts a worker for the slot, beside the one that it has. Undefined: the pool is stopping. */
  readonly begin: (slot: WorkerSlot) => Promise<StartedWorker | undefined>;
  /** Makes it the slot's worker. */
  readonly promote: (slot: WorkerSlot, started: StartedWorker) => void;
  /** It has ended without ever being the slot's worker. */
  readonly onLost: (slot: WorkerSlot, started: StartedWorker) => void;
  readonly engine: () => EngineConfig;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Surge first: the replacement is ready before the old worker is told to stop. A replacement that does not get ready
 * halts the rollout, and the old workers stay.
 */
export class RollingRestart {
  readonly #deps: RollingRestartDeps;
  #abort = new AbortController();
  #last: Promise<void> = Promise.resolve();

  constructor(deps: RollingRestartDeps) {
    this.#deps = deps;
  }

  /** A rollout that is under way is given up: it may be replacing by what is old again. */
  start(graceful: boolean): void {
    this.stop();
    const abort = new AbortController();
    this.#abort = abort;
    this.#last = this.#last.then(() => this.#run(graceful, abort.signal));
  }

  stop(): void {
    this.#abort.abort();
  }

  async #run(graceful: boolean, signal: AbortSignal): Promise<void> {
    const { slots, engine, clock, logger } = this.#deps;
    const begunAt = clock.now();
    const ids = [...slots.values()].filter((slot) => slot.handle).map((slot) => slot.workerId);
    const result = await rollOut(
      ids,
      () => engine().restartConcurrency,
      (id) => this.#replace(id, graceful, signal),
      signal,
    );
    const fields = { replaced: result.replaced.length, tookMs: Math.round(clock.now() - begunAt) };
    if (result.failed) {
      const { workerId, why } = result.failed;
      const kept = result.left.length + 1;
      logger.error('rolling restart halted, the old workers stay', { ...fields, kept, workerId, why });
    } else if (signal.aborted) {
      logger.info('rolling restart was overtaken', { ...fields, kept: result.left.length });
    } else {
      logger.info('rolling restart finished', fields);
    }
  }

  async #replace(id: number, graceful: boolean, signal: AbortSignal): Promise<Replacement> {
    const slot = this.#deps.slots.get(id);
    // A worker that died meanwhile was replaced in the usual way, by what is new already.
    if (!slot?.handle || slot.isSurplus || slot.handle.isStopping) return 'void';
    let started: StartedWorker | undefined;
    try {
      started = await this.#deps.begin(slot);
    } catch (error) {
      return { failure: `its replacement could not be started: ${messageOf(error)}` };
    }
    if (!started) return 'void';
    slot.replacement = started;
    const why = await this.#waitUntilReady(started, signal);
    slot.replacement = undefined;
    if (why !== undefined) {
      started.handle.requestStop(signal.aborted, signal.aborted ? 'restart' : 'not_ready');
      await started.reported;
      this.#deps.onLost(slot, started);
      return signal.aborted ? 'void' : { failure: why };
    }
    const old = this.#deps.slots.get(id)?.handle;
    this.#deps.promote(slot, started);
    old?.requestStop(graceful, 'restart');
    await old?.exited;
    return 'done';
  }

  /** Undefined: it is ready. Otherwise why it is not. */
  async #waitUntilReady(started: StartedWorker, signal: AbortSignal): Promise<string | undefined> {
    const { clock, engine } = this.#deps;
    const limitMs = engine().workerReadyTimeoutMs;
    return new Promise((resolve) => {
      const timer = clock.after(limitMs, () =>
        resolve(`its replacement was not ready after ${limitMs / 1000} s`),
      );
      const settle = (why: string | undefined): void => {
        timer.cancel();
        resolve(why);
      };
      void started.ready.then(() => settle(undefined));
      void started.handle.exited.then(({ code, signal: by }) =>
        settle(`its replacement ended with ${by ?? `status ${String(code)}`} before it was ready`),
      );
      signal.addEventListener('abort', () => settle('overtaken'), { once: true });
    });
  }
}
