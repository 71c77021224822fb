import type * as Tsyringe from 'tsyringe';
import { ServerContext, WorkerContext } from './context';
import { loadMetadata, metadataReflect, promiseMetadata } from './reflect';
import { CONFIG, LOGGER, SERVER, WORKER_ID } from './tokens';

/** What to inject as each parameter of a constructor. */
export type Tokens = Readonly<Record<number, unknown>>;

interface Resolvable {
  readonly target: new (...args: never[]) => object;
  readonly tokens: Tokens;
}

// tsyringe's own metadata key: the tokens of constructor parameters, by index.
export const INJECTION_TOKENS = 'injectionTokens';

/** Classes that the container does not know yet, because it is not loaded. */
const waiting: Resolvable[] = [];
let tsyringe: typeof Tsyringe | undefined;
let isUrgent = true;

/**
 * For a process that the engine started: no test makes a worker by a container of its own here, so that the container
 * is loaded only for a class that asks for more than its context.
 */
export function deferContainer(): void {
  isUrgent = false;
}

/** Lets the container make the class: at once where a container is in use, else when one is loaded. */
export function makeResolvable(resolvable: Resolvable): void {
  waiting.push(resolvable);
  loadIfUsed();
}

// A test may import the container after the worker.
promiseMetadata(() => queueMicrotask(loadIfUsed));

/** Whoever has metadata is likely to have a container as well, and may make a worker by it in a test. */
function loadIfUsed(): void {
  if (waiting.length > 0 && (isContainerLoaded() || (isUrgent && metadataReflect()))) loadContainer();
}

/** Whether anybody in this process has loaded the container. */
export function isContainerLoaded(): boolean {
  if (tsyringe) return true;
  // It does not load without them.
  if (!metadataReflect()) return false;
  try {
    return require.resolve('tsyringe') in require.cache;
  } catch {
    // A bundle has neither.
    return false;
  }
}

/** The container's package, which knows from then on every class that was marked. */
export function loadContainer(): typeof Tsyringe {
  const metadata = loadMetadata();
  if (!tsyringe) {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- decorators and constructors cannot wait
    tsyringe = require('tsyringe') as typeof Tsyringe;
    describeContexts(tsyringe);
  }
  for (const { target, tokens } of waiting.splice(0)) {
    metadata.defineMetadata(INJECTION_TOKENS, tokens, target);
    tsyringe.injectable()(target);
  }
  return tsyringe;
}

/** The contexts themselves, so that a plain child container with mocks for the tokens can make a worker. */
function describeContexts({ inject, injectable }: typeof Tsyringe): void {
  inject(CONFIG)(WorkerContext, undefined, 0);
  inject(LOGGER)(WorkerContext, undefined, 1);
  inject(SERVER, { isOptional: true })(WorkerContext, undefined, 2);
  inject(WORKER_ID, { isOptional: true })(WorkerContext, undefined, 3);
  injectable()(WorkerContext);
  inject(CONFIG)(ServerContext, undefined, 0);
  inject(LOGGER)(ServerContext, undefined, 1);
  injectable()(ServerContext);
}
