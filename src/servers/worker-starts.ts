import type { Clock } from '../common/clock';
import type { EngineConfig } from '../config/engine-config';
import type { Logger } from '../logging/logger';
import { boundBoot } from './bound-boot';
import type { ParentHooks } from './parent-hooks';
import { StartGate } from './start-gate';
import { bootStopMs } from './stop-limits';
import type { WorkerEnd, WorkerEnds } from './worker-ends';
import type { WorkerLauncher } from './worker-handle';
import type { StartedWorker, WorkerSlot } from './worker-slot';

export interface WorkerStartsDeps {
  readonly launcher: WorkerLauncher;
  /** A parent-side worker object for each start, for its beforeFork() and afterStart(). */
  readonly hooks: (workerId: number) => ParentHooks;
  readonly ends: WorkerEnds;
  /** False: the slot needs no worker any more. */
  readonly isWanted: (slot: WorkerSlot) => boolean;
  readonly onReady: () => void;
  readonly onStarted: (slot: WorkerSlot, started: StartedWorker) => void;
  readonly onEnded: (slot: WorkerSlot, started: StartedWorker, end: WorkerEnd) => void;
  readonly engine: () => EngineConfig;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Starts a worker for a slot, never more than startWorkerConcurrency at once. Runs in the server process. */
export class WorkerStarts {
  readonly #deps: WorkerStartsDeps;
  readonly #gate: StartGate;

  constructor(deps: WorkerStartsDeps) {
    this.#deps = deps;
    this.#gate = new StartGate({
      limit: () => deps.engine().startWorkerConcurrency,
      longestMs: () => deps.engine().workerReadyTimeoutMs,
      clock: deps.clock,
    });
  }

  /** The limit may have changed. */
  admit(): void {
    this.#gate.admit();
  }

  /** Nobody waits any more: what waited is told that it is not wanted. */
  open(): void {
    this.#gate.open();
  }

  /**
   * One start: the hooks, then the worker itself. Undefined: nobody wants it any more.
   * @throws whatever keeps it from being started.
   */
  async begin(slot: WorkerSlot): Promise<StartedWorker | undefined> {
    const { hooks: hooksOf, launcher, logger, isWanted, onReady, onStarted, onEnded, ends } = this.#deps;
    const { workerId } = slot;
    slot.launching += 1;
    const entered = this.#gate.enter();
    const place = entered instanceof Promise ? await entered : entered;
    slot.generation += 1;
    const who = { workerId, generation: slot.generation };
    let hooks: ParentHooks | undefined;
    let started: StartedWorker | undefined;
    try {
      if (!isWanted(slot)) return undefined;
      hooks = hooksOf(workerId);
      const wait = hooks.beforeFork();
      if (wait) await wait;
      if (!isWanted(slot)) return undefined;
      const state = { isRunning: false };
      let resolveReady = (): void => {};
      const ready = new Promise<'ready'>((resolve) => {
        resolveReady = () => resolve('ready');
      });
      const launched = await launcher.launch(who, hooks.worker, {
        onRunning: () => {
          state.isRunning = true;
          place.leave();
          slot.say(() => logger.debug(`worker ${workerId} is running`, { ...who, pid: started?.handle.pid }));
        },
        onReady: () => {
          resolveReady();
          onReady();
        },
      });
      const handle = boundBoot(launched, {
        isRunning: () => state.isRunning,
        limitMs: () => bootStopMs(this.#deps.engine().workerGracefulKillTimeoutMs),
        onLate: (limitMs) =>
          logger.warn(`worker ${workerId} is still starting, its stop does not wait for that`, {
            ...who,
            limitMs,
          }),
        clock: this.#deps.clock,
      });
      void handle.exited.then(() => place.leave());
      const { ended, reported } = ends.follow(who, handle);
      const begun = Object.assign(state, { handle, generation: who.generation, ready, reported });
      started = begun;
      const { pid } = handle;
      if (pid !== undefined) {
        const { generation } = who;
        slot.say(() => logger.info(`worker ${workerId} started`, { workerId, pid, generation }));
      }
      onStarted(slot, begun);
      void ended.then((end) => onEnded(slot, begun, end));
      return started;
    } finally {
      if (!started) place.leave();
      slot.launching = Math.max(0, slot.launching - 1);
      void hooks?.afterStart();
    }
  }
}
