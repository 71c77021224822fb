import { Worker } from '../contract/worker';
import type { Logger } from '../record/logger';

/** beforeFork() and afterStart() of one start, on an object that lives in the server process. */
export interface ParentHooks {
  /** The object itself, when one was made. */
  readonly worker: Worker | undefined;
  /** Undefined when there is nothing to wait for. A throw makes the start fail. */
  beforeFork(): Promise<void> | undefined;
  /** Never throws: what goes wrong is logged. */
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
 * A worker object is made only for a class that has such a hook: constructors often open what only run() needs.
 * @param needsWorker the object is needed in any case: the spawn() of a spawn worker is its own.
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
