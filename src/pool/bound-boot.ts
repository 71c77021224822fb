import type { Clock } from '../common/clock';
import { Deadline } from '../common/deadline';
import type { WorkerHandle } from './worker-handle';

export interface BootBounds {
  /** The worker has entered run(). */
  readonly isRunning: () => boolean;
  readonly limitMs: () => number;
  /** The worker is about to be stopped immediately. */
  readonly onLate: (limitMs: number) => void;
  readonly clock: Clock;
}

/**
 * Limits the graceful stop of a worker that has not entered run(): it has nothing to finish, so the stop soon becomes
 * immediate. A worker has no handler for SIGQUIT, so the signal also ends one that is still loading its modules.
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
  // Object.create() keeps the getters of the handle live.
  return Object.create(handle, { requestStop: { value: requestStop } }) as WorkerHandle;
}
