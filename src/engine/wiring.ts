import 'reflect-metadata';
import { container as rootContainer, type DependencyContainer } from 'tsyringe';
import { ServerContext, WorkerContext } from '../contract/context';
import { explainHidden } from '../contract/injected';
import type { Server } from '../contract/server';
import { CONFIG, LOGGER, SERVER, WORKER_ID } from '../contract/tokens';
import type { Worker } from '../contract/worker';

/* eslint-disable @typescript-eslint/no-explicit-any -- classes with any further constructor parameters */
export type WorkerClass = new (context: any, ...injected: any[]) => Worker;
export type ServerClass = new (context: any, ...injected: any[]) => Server;
/* eslint-enable @typescript-eslint/no-explicit-any */

/** Makes the user's Server with everything that its constructor asks for. */
export function makeServer(
  parent: DependencyContainer | undefined,
  serverClass: ServerClass,
  context: ServerContext<object>,
): Server {
  const scope = (parent ?? rootContainer).createChildContainer();
  scope.register(ServerContext as never, { useValue: context });
  scope.register(CONFIG, { useFactory: () => context.config });
  scope.register(LOGGER, { useValue: context.logger });
  return explainHidden(serverClass.name, () => scope.resolve(serverClass));
}

/** Makes the user's Worker with everything that its constructor asks for. */
export function makeWorker(
  parent: DependencyContainer | undefined,
  workerClass: WorkerClass,
  context: WorkerContext<object, object>,
): Worker {
  const scope = (parent ?? rootContainer).createChildContainer();
  scope.register(WorkerContext as never, { useValue: context });
  scope.register(CONFIG, { useFactory: () => context.config });
  scope.register(LOGGER, { useValue: context.logger });
  scope.register(SERVER, { useValue: context.server });
  scope.register(WORKER_ID, { useValue: context.workerId });
  return explainHidden(workerClass.name, () => scope.resolve(workerClass));
}
