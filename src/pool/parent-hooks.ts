import { Worker } from '../contract/worker';
import type { Logger } from '../record/logger';

/** beforeFork() and afterStart() of one start, called on an object in the server process. */
export interface ParentHooks {
  /** The object, if one was made. */
  readonly worker: Worker | undefined;
  /** Undefined if there is nothing to wait for. If it throws, the start fails. */
  beforeFork(): Promise<void> | undefined;
  /** Never throws: errors are logged. */
  afterStart(): Promise<void>;
}

type WorkerClass = abstract new (...args: never[]) => Worker;

const NO_HOOKS: ParentHooks = {
  worker: undefined,
  beforeFork: () => undefined,
  afterStart: () => Promise.resolve(),
};

/** Whether the class has a hook that needs a worker object in the server process. */
function hasParentHooks(workerClass: WorkerClass): boolean {
  return ['beforeFork', 'afterStart'].some(
    (hook) => Reflect.get(workerClass.prototype, hook) !== Reflect.get(Worker.prototype, hook),
  );
}

/**
 * Makes a worker object only for a class that has such a hook: constructors often open what only run() needs.
 * @param needsWorker make the object in any case: spawn() of a spawn worker is called on it.
 */
export function parentHooks(
  workerClass: WorkerClass,
  make: () => Worker,
  logger: Logger,
  needsWorker = false,
): ParentHooks {
  if (!needsWorker && !hasParentHooks(workerClass)) return NO_HOOKS;
  const worker = make();
  return {
    worker,
    beforeFork: async () => {
      await worker.beforeFork();
    },
    afterStart: async () => {
      try {
        await worker.afterStart();
      } catch (error) {
        logger.error('afterStart() failed', { workerId: worker.workerId, error });
      }
    },
  };
}
