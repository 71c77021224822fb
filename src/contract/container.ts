import type * as Tsyringe from 'tsyringe';
import { ServerContext, WorkerContext } from './context';
import { loadMetadata, metadataReflect, promiseMetadata, unwatchMetadata, watchMetadata } from './reflect';
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
let loading: ContainerLoading = 'at once';

/**
 * When the container is loaded for decorated classes, other than for a class that needs more than its context.
 *
 * at once: as soon as there is metadata, because a test may create a worker with its own container. when imported: when
 * other code imports it. when needed: not otherwise.
 */
type ContainerLoading = 'at once' | 'when imported' | 'when needed';

/** For a process that the engine started, in which no test makes a worker with its own container. */
export function deferContainer(): void {
  loading = 'when needed';
}

/** For a program that has its metadata from the first lines of its entry: most import no container after that. */
export function awaitContainer(): void {
  loading = 'when imported';
}

/** Lets the container make the class: at once if a container is in use, otherwise when one is loaded. */
export function makeResolvable(resolvable: Resolvable): void {
  waiting.push(resolvable);
  loadIfUsed();
}

// A test may import the container after the worker.
promiseMetadata(() => queueMicrotask(loadIfUsed));

function loadIfUsed(): void {
  if (waiting.length === 0) return;
  if (isContainerLoaded() || (metadataReflect() && isDue())) loadContainer();
}

/** Code that has metadata is likely to have a container as well, and may make a worker with it in a test. */
function isDue(): boolean {
  if (loading !== 'when imported') return loading === 'at once';
  // A bundle has no module cache in which to see it.
  return containerPath() === undefined || !watchMetadata(onMetadataRead);
}

/**
 * Something reads the metadata. If that is the container while it is loaded, the program may use it in its very next
 * line, so it must know the classes as soon as it is complete.
 */
function onMetadataRead(): void {
  const module = containerModule();
  if (!module || module.loaded) {
    queueMicrotask(() => {
      if (waiting.length > 0) loadContainer();
    });
    return;
  }
  Object.defineProperty(module, 'loaded', {
    configurable: true,
    enumerable: true,
    get: () => false,
    set: (value: boolean) => {
      Object.defineProperty(module, 'loaded', {
        value,
        configurable: true,
        enumerable: true,
        writable: true,
      });
      if (value) loadContainer();
    },
  });
}

/** Whether any code in this process has loaded the container. */
export function isContainerLoaded(): boolean {
  if (tsyringe) return true;
  // The container does not load without metadata.
  if (!metadataReflect()) return false;
  return containerModule() !== undefined;
}

function containerModule(): NodeJS.Module | undefined {
  const path = containerPath();
  return path === undefined ? undefined : require.cache[path];
}

function containerPath(): string | undefined {
  try {
    return require.resolve('tsyringe');
  } catch {
    return undefined;
  }
}

/** Loads the container's package, which from then on knows every decorated class. */
export function loadContainer(): typeof Tsyringe {
  const metadata = loadMetadata();
  unwatchMetadata();
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

/** Describes the contexts themselves, so that a plain child container with mocks for the tokens can make a worker. */
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
