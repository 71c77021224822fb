import type { Clock } from '../common/clock';
import { Deadline } from '../common/deadline';
import type { WorkerHandle } from './worker-handle';

export interface BootBounds {
  /** It has entered run(). */
  readonly isRunning: () => boolean;
  readonly limitMs: () => number;
  /** It is about to be stopped immediately. */
  readonly onLate: (limitMs: number) => void;
  readonly clock: Clock;
}

/**
 * A worker that has not entered run() has nothing to finish: a graceful stop of it soon becomes an immediate one.
 * SIGQUIT has no handler in a worker, so that it ends one that loads its modules, too.
 */
export function boundBoot(handle: WorkerHandle, bounds: BootBounds): WorkerHandle {
  const limit = new Deadline(bounds.clock);
  let isOver = false;
  void handle.exited.then(() => {
    isOver = true;
    limit.cancel();
  });
  const requestStop: WorkerHandle['requestStop'] = (graceful, reason) => {
    handle.requestStop(graceful, reason);
    if (!graceful || isOver || bounds.isRunning()) return;
    const limitMs = bounds.limitMs();
    limit.set(limitMs, () => {
      if (bounds.isRunning()) return;
      bounds.onLate(limitMs);
      handle.requestStop(false, reason);
    });
  };
  // Its getters stay live.
  return Object.create(handle, { requestStop: { value: requestStop } }) as WorkerHandle;
}
