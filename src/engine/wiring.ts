import type { DependencyContainer } from 'tsyringe';
import { isContainerLoaded, loadContainer } from '../contract/container';
import { ServerContext, WorkerContext } from '../contract/context';
import { explainHidden } from '../contract/injected';
import { takesContextOnly } from '../contract/injection';
import type { Server } from '../contract/server';
import { CONFIG, LOGGER, SERVER, WORKER_ID } from '../contract/tokens';
import type { Worker } from '../contract/worker';

/* eslint-disable @typescript-eslint/no-explicit-any -- classes with any further constructor parameters */
export type WorkerClass = new (context: any, ...injected: any[]) => Worker;
export type ServerClass = new (context: any, ...injected: any[]) => Server;
/* eslint-enable @typescript-eslint/no-explicit-any */

/** Makes the user's Server with everything that its constructor needs. */
export function makeServer(
  parent: DependencyContainer | undefined,
  serverClass: ServerClass,
  context: ServerContext<object>,
): Server {
  return explainHidden(serverClass.name, () => {
    if (!parent && isPlain(serverClass, ServerContext)) return new serverClass(context);
    const scope = childOf(parent);
    scope.register(ServerContext as never, { useValue: context });
    scope.register(CONFIG, { useFactory: () => context.config });
    scope.register(LOGGER, { useValue: context.logger });
    return scope.resolve(serverClass);
  });
}

/** Makes the user's Worker with everything that its constructor needs. */
export function makeWorker(
  parent: DependencyContainer | undefined,
  workerClass: WorkerClass,
  context: WorkerContext<object, object>,
): Worker {
  return explainHidden(workerClass.name, () => {
    if (!parent && isPlain(workerClass, WorkerContext)) return new workerClass(context);
    const scope = childOf(parent);
    scope.register(WorkerContext as never, { useValue: context });
    scope.register(CONFIG, { useFactory: () => context.config });
    scope.register(LOGGER, { useValue: context.logger });
    scope.register(SERVER, { useValue: context.server });
    scope.register(WORKER_ID, { useValue: context.workerId });
    return scope.resolve(workerClass);
  });
}

function childOf(parent: DependencyContainer | undefined): DependencyContainer {
  // Even if it is not used: from here on the container knows the classes that were decorated before it was loaded.
  const { container } = loadContainer();
  return (parent ?? container).createChildContainer();
}

/**
 * Whether `new` is enough: loading the container takes longer than everything else that a worker loads. A container
 * that is loaded already may know another way to make the class, or have hooks for it.
 */
function isPlain(made: WorkerClass | ServerClass, context: new (...args: never[]) => object): boolean {
  return takesContextOnly(made, context) && !isContainerLoaded();
}
