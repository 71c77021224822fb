import { inspect } from 'node:util';
import { ConfigError } from '../common/errors';
import type { Logger } from '../record/logger';
import type { WorkerContext } from './context';
import { defineInjected, requireContext } from './injected';
import type { Server } from './server';
import type { SpawnedProcess, SpawnManager } from './spawn';
import { StopRequest } from './stop-request';

const STOP_REQUESTS = new WeakMap<object, StopRequest>();

/** For the engine: what untilStop() and stopSignal wait for. */
export function stopRequestOf(worker: Worker): StopRequest {
  const request = STOP_REQUESTS.get(worker);
  if (!request) throw new Error('not a Worker');
  return request;
}

/**
 * The unit of work. Each start makes a new object. Subclass it, mark it with `@worker({…})`, and implement run(), or
 * spawn() for a worker that is another program.
 *
 * run(), stop() and reload() run in the worker's own process (or thread); beforeFork() and afterStart() run in the
 * server process on an instance of its own, which is made only for a class that has one of these hooks.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the default lets Worker stand for every Worker<C, S>
export class Worker<C extends object = any, S extends Server = any> {
  /** The validated configuration, frozen; a reload replaces it before reload() is called. */
  declare readonly config: Readonly<C>;
  /** Writes to the log of the engine, with the worker's id. */
  declare readonly logger: Logger;
  /**
   * The server: its `@shared()` properties, and its methods that use only those.
   * @throws {ServerEngineError} Thrown on reading a property that is not shared (ERR_NOT_SHARED).
   */
  declare readonly server: S;
  /** 0 to workers - 1. A replacement has the id of the worker it replaces. */
  declare readonly workerId: number;
  /** Aborted once stop was requested. */
  declare readonly stopSignal: AbortSignal;

  readonly #onReady: (() => void) | undefined;
  readonly #drained: (() => Promise<void>) | undefined;
  readonly #onJobDone: ((count: number) => void) | undefined;

  constructor(context: WorkerContext<C, S>) {
    requireContext(context, new.target.name, 'Worker');
    const stop = new StopRequest();
    STOP_REQUESTS.set(this, stop);
    this.#onReady = context.onReady;
    this.#drained = context.drained;
    this.#onJobDone = context.onJobDone;
    defineInjected(this, {
      config: () => context.config,
      logger: () => context.logger,
      server: () => context.server,
      workerId: () => context.workerId,
      stopSignal: () => stop.signal,
    });
  }

  /**
   * The worker's work. Its end ends the worker; unless a stop was requested, the worker is started again.
   * A throw is logged with its stack and ends the worker with status 1.
   */
  run(): void | Promise<void> {
    throw new ConfigError('ERR_CLASS_INVALID', `${this.constructor.name} must implement run().`);
  }

  /**
   * Of spawn workers, in place of run(): starts the program and returns what `processManager.spawn` gave. Called in the
   * server process before each start. A throw makes that start fail; it is tried again like a crash.
   */
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- named for those who override it
  spawn(processManager: SpawnManager): SpawnedProcess | Promise<SpawnedProcess> {
    throw new ConfigError('ERR_CLASS_INVALID', `${this.constructor.name} must implement spawn().`);
  }

  /**
   * Called once in the worker when a graceful stop is requested. untilStop() resolves and stopSignal aborts whether
   * or not an override calls super. A throw is logged, and the stop goes on.
   *
   * Requests are still being answered: close in afterDrain() what the answers need, such as a pool of connections.
   */
  stop(): void | Promise<void> {
    stopRequestOf(this).make();
  }

  /**
   * Called once in the worker after a graceful stop, when run() has settled and every server that the worker opened has
   * closed: the last answer is out. Close pools here. A throw is logged, and the worker ends all the same.
   */
  afterDrain(): void | Promise<void> {}

  /** Called in the worker after a reload replaced the configuration. A throw is logged, and the worker lives on. */
  reload(): void | Promise<void> {}

  /** Called in the server process before each start. A throw makes that start fail; it is tried again like a crash. */
  beforeFork(): void | Promise<void> {}

  /** Called in the server process after each start, also after one that failed. A throw is logged. */
  afterStart(): void | Promise<void> {}

  /** Called in the worker for each dump, before its file is written. A throw is logged, and the dump goes on. */
  dump(): void | Promise<void> {}

  /**
   * Says that this worker is able to serve. For that, set `@worker({ ready: 'explicit' })`: in the other modes of
   * `workerReady` the engine finds that out by itself, and a call is ignored with a warning.
   */
  ready(): void {
    this.#onReady?.();
  }

  /**
   * Counts jobs that this worker has done, for the status. A job is what you take for one: a request, a message of a queue.
   * @throws ConfigError when `n` is no count.
   */
  jobDone(n = 1): void {
    if (!Number.isSafeInteger(n) || n < 0) {
      throw new ConfigError(
        'ERR_CONFIG_INVALID',
        `${this.constructor.name}.jobDone() needs an integer >= 0, got ${inspect(n)}.`,
      );
    }
    this.#onJobDone?.(n);
  }

  /** Resolves once stop was requested. */
  untilStop(): Promise<void> {
    return stopRequestOf(this).wait();
  }

  /**
   * Resolves once every server that this worker opened has closed: the last answer is out. At once where there is none.
   * On a graceful stop the engine closes them; an embedded worker, and one with `workerCloseServers: false`, closes its
   * servers by itself.
   */
  drained(): Promise<void> {
    return this.#drained?.() ?? Promise.resolve();
  }
}
