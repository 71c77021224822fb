import type { Clock } from '../common/clock';
import type { EngineConfig } from '../config/engine-config';
import type { Logger } from '../record/logger';
import { boundBoot } from './bound-boot';
import type { ParentHooks } from './parent-hooks';
import { bootStopMs } from '../common/stop-limits';
import type { WorkerHandle, WorkerIdentity, WorkerLauncher, WorkerNotices } from './worker-handle';

export interface LaunchDeps {
  readonly launcher: Pick<WorkerLauncher, 'launch'>;
  /** Makes an object of the worker class in the server process for each start, for its beforeFork() and afterStart(). */
  readonly hooks: (workerId: number) => ParentHooks;
  readonly nameOf: (workerId: number) => string;
  readonly engine: () => EngineConfig;
  readonly logger: Logger;
  readonly clock: Clock;
}

/**
 * Performs one start: the hooks, then the worker itself. Returns false if the worker is no longer wanted. Synchronous
 * if no hook waits.
 * @throws whatever prevents the start.
 */
export async function launchWorker(
  deps: LaunchDeps,
  who: WorkerIdentity,
  notices: WorkerNotices,
  isWanted: () => boolean,
  onLaunched: (handle: WorkerHandle) => void,
): Promise<boolean> {
  let hooks: ParentHooks | undefined;
  try {
    hooks = deps.hooks(who.workerId);
    const wait = hooks.beforeFork();
    if (wait) await wait;
    if (!isWanted()) return false;
    let isRunning = false;
    const launched = await deps.launcher.launch(who, hooks.worker, {
      ...notices,
      onRunning: () => {
        isRunning = true;
        notices.onRunning();
      },
    });
    if (!launched) return false;
    const handle = boundBoot(launched, {
      isRunning: () => isRunning,
      limitMs: () => bootStopMs(deps.engine().workerGracefulKillTimeoutMs),
      onLate: (limitMs) =>
        deps.logger.warn(`${deps.nameOf(who.workerId)} is still starting; its stop does not wait for that`, {
          ...who,
          limitMs,
        }),
      clock: deps.clock,
    });
    onLaunched(handle);
    return true;
  } finally {
    void hooks?.afterStart();
  }
}
