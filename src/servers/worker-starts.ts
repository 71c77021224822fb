import type { Clock } from '../common/clock';
import type { EngineConfig } from '../config/engine-config';
import type { Logger } from '../logging/logger';
import { boundBoot } from './bound-boot';
import type { ParentHooks } from './parent-hooks';
import { StartGate } from './start-gate';
import { bootStopMs } from './stop-limits';
import type { WorkerEnd, WorkerEnds } from './worker-ends';
import type { WorkerLauncher } from './worker-handle';
import { nextPhase, type PhaseNotice, type WorkerPhase } from './worker-phase';
import type { StartedWorker, WorkerSlot } from './worker-slot';

export interface WorkerStartsDeps {
  readonly launcher: WorkerLauncher;
  /** A parent-side worker object for each start, for its beforeFork() and afterStart(). */
  readonly hooks: (workerId: number) => ParentHooks;
  readonly ends: WorkerEnds;
  /** False: the slot needs no worker any more. */
  readonly isWanted: (slot: WorkerSlot) => boolean;
  readonly onReady: () => void;
  /** It accepts nothing new any more. */
  readonly onClosed: (slot: WorkerSlot, started: StartedWorker) => void;
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
   * @param signal aborted: nobody wants it either.
   * @throws whatever keeps it from being started.
   */
  async begin(slot: WorkerSlot, signal?: AbortSignal): Promise<StartedWorker | undefined> {
    const { hooks: hooksOf, launcher, logger, onReady, onClosed, onStarted, onEnded, ends } = this.#deps;
    const { workerId } = slot;
    const isWanted = (): boolean => signal?.aborted !== true && this.#deps.isWanted(slot);
    slot.launching += 1;
    const entered = this.#gate.enter();
    const place = entered instanceof Promise ? await entered : entered;
    slot.generation += 1;
    const who = { workerId, generation: slot.generation };
    let hooks: ParentHooks | undefined;
    let started: StartedWorker | undefined;
    try {
      if (!isWanted()) return undefined;
      hooks = hooksOf(workerId);
      const wait = hooks.beforeFork();
      if (wait) await wait;
      if (!isWanted()) return undefined;
      const state: { phase: WorkerPhase } = { phase: { kind: 'starting' } };
      const take = (notice: PhaseNotice): void => {
        state.phase = nextPhase(state.phase, notice);
      };
      let resolveReady = (): void => {};
      const ready = new Promise<'ready'>((resolve) => {
        resolveReady = () => resolve('ready');
      });
      let resolveClosed = (): void => {};
      const closed = new Promise<void>((resolve) => {
        resolveClosed = resolve;
      });
      const launched = await launcher.launch(who, hooks.worker, {
        onRunning: () => {
          take({ kind: 'running' });
          place.leave();
          slot.say(() => logger.debug(`worker ${workerId} is running`, { ...who, pid: started?.handle.pid }));
        },
        onReady: () => {
          resolveReady();
          onReady();
        },
        onStopping: () => take({ kind: 'stopping', isListening: started?.handle.isListening() ?? false }),
        onClosed: (connections) => {
          take({ kind: 'closed', connections });
          resolveClosed();
          if (started) onClosed(slot, started);
        },
      });
      const handle = boundBoot(launched, {
        isRunning: () => state.phase.kind !== 'starting',
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
      const begun = Object.assign(state, { handle, generation: who.generation, ready, closed, reported });
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
