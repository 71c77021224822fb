import { inspect } from 'node:util';
import { ConfigError, ServerEngineError } from '../common/errors';
import type { Logger } from '../record/logger';
import type { WorkerContext } from './context';
import { defineInjected, requireContext } from './injected';
import type { MessageResult } from './results';
import type { Server } from './server';
import type { SpawnedProcess, SpawnManager } from './spawn';
import { StopRequest } from './stop-request';

const STOP_REQUESTS = new WeakMap<object, StopRequest>();

/** For the engine: the request that untilStop() and stopSignal wait for. */
export function stopRequestOf(worker: Worker): StopRequest {
  const request = STOP_REQUESTS.get(worker);
  if (!request) throw new Error('not a Worker');
  return request;
}

/** The messages that the server's class sends to workers. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever its other parameters are
export type MessageToWorker<S> = S extends { broadcast(message: infer M, ...rest: any): any } ? M : any;

/** The messages that onMessage() of the server's class takes. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever its other parameters are
export type MessageToServer<S> = S extends { onMessage(message: infer M, ...rest: any): any } ? M : any;

/**
 * The unit of work. Each start creates a new object. Subclass it, put `@worker({…})` on the class, and implement run(), or
 * spawn() for a worker that is another program.
 *
 * run(), stop() and reload() run in the worker's own process (or thread); beforeFork() and afterStart() run in the
 * server process on a separate instance, which is created only for a class that has one of these hooks.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the default lets Worker stand for every Worker<C, S>
export class Worker<C extends object = any, S extends Server = any> {
  /** The validated configuration, frozen; a reload replaces it before reload() is called. */
  declare readonly config: Readonly<C>;
  /** Writes to the log of the engine, with the worker's id. */
  declare readonly logger: Logger;
  /**
   * The server: its `@shared()` properties, and the methods that use only those.
   * @throws {ServerEngineError} Thrown if you read a property that is not shared (ERR_NOT_SHARED).
   */
  declare readonly server: S;
  /** 0 to workers - 1. A replacement has the id of the worker it replaces. */
  declare readonly workerId: number;
  /** Aborts when a stop is requested. */
  declare readonly stopSignal: AbortSignal;

  readonly #onReady: (() => void) | undefined;
  readonly #drained: (() => Promise<void>) | undefined;
  readonly #onJobDone: ((count: number) => void) | undefined;
  readonly #send: ((message: unknown) => Promise<MessageResult>) | undefined;

  constructor(context: WorkerContext<C, S>) {
    requireContext(context, new.target.name, 'Worker');
    const stop = new StopRequest();
    STOP_REQUESTS.set(this, stop);
    this.#onReady = context.onReady;
    this.#drained = context.drained;
    this.#onJobDone = context.onJobDone;
    this.#send = context.send;
    defineInjected(this, {
      config: () => context.config,
      logger: () => context.logger,
      server: () => context.server,
      workerId: () => context.workerId,
      stopSignal: () => stop.signal,
    });
  }

  /**
   * The worker's work. When it ends, the worker ends; unless a stop was requested, the engine starts it again.
   * If it throws, the error is logged with its stack and the worker ends with status 1.
   */
  run(): void | Promise<void> {
    throw new ConfigError('ERR_CLASS_INVALID', `${this.constructor.name} must implement run().`);
  }

  /**
   * For spawn workers, instead of run(): starts the program and returns the result of `processManager.spawn`. Called in the
   * server process for each start. If it throws, that start fails, and the engine tries again as after a crash.
   */
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- named for those who override it
  spawn(processManager: SpawnManager): SpawnedProcess | Promise<SpawnedProcess> {
    throw new ConfigError('ERR_CLASS_INVALID', `${this.constructor.name} must implement spawn().`);
  }

  /**
   * Called once in the worker when a graceful stop is requested. untilStop() resolves and stopSignal aborts even if an
   * override does not call super. If it throws, the error is logged, and the stop goes on.
   *
   * Requests are still being answered at this time: close what the answers need, such as a database pool, in afterDrain().
   */
  stop(): void | Promise<void> {
    stopRequestOf(this).make();
  }

  /**
   * Called once in the worker after a graceful stop, when run() has settled and every server that the worker opened has
   * closed: the last response is sent. Close pools here. If it throws, the error is logged, and the worker ends anyway.
   */
  afterDrain(): void | Promise<void> {}

  /** Called in the worker after a reload replaced the configuration. If it throws, the error is logged, and the worker goes on. */
  reload(): void | Promise<void> {}

  /**
   * Called in the worker for each message that the server sends, from when run() was entered until the worker ends. Messages come
   * in the order in which they were sent; none waits for an earlier one. If the hook throws, or its promise is rejected, the
   * error is logged, the worker goes on, and the server gets `ok: false`.
   */
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- named for those who override it
  onMessage(message: MessageToWorker<S>): void | Promise<void> {}

  /**
   * Called in the server process before each start. If it throws, that start fails, and the engine tries again as after
   * a crash. With `workerStart: 'fork'`: called once in the process from which workers are forked, which then share
   * what it has loaded. If it throws, workers are spawned.
   */
  beforeFork(): void | Promise<void> {}

  /**
   * Only with `workerStart: 'fork'`: called in each forked worker, before run(). Here belongs what workers must not share:
   * connections, files, random seeds of libraries. If it throws or rejects, the worker ends with status 1. The default does nothing.
   */
  afterFork(): void | Promise<void> {}

  /** Called in the server process after each start, even after one that failed. If it throws, the error is logged. */
  afterStart(): void | Promise<void> {}

  /** Called in the worker for each dump, before the file is written. If it throws, the error is logged, and the dump goes on. */
  dump(): void | Promise<void> {}

  /**
   * Says that this worker can serve. It needs `@worker({ ready: 'explicit' })`: in the other modes of
   * `workerReady` the engine itself finds that out, and ignores a call with a warning.
   */
  ready(): void {
    this.#onReady?.();
  }

  /**
   * Counts jobs that this worker has done, for the status and `workerMaxJobs`. You decide what a job is: a request, a message
   * of a queue.
   * @throws ConfigError if `n` is not an integer >= 0.
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

  /**
   * Sends a copy of the message to onMessage() of the server. Resolves when the hook has handled it, or is not going to:
   * `ok: false` with the reason. Never rejects.
   * @throws {ServerEngineError} Thrown if there can be no copy of the message, or it is larger than 4 MB (ERR_MESSAGE); before
   *   run(), and in hooks that run in the server process (ERR_WRONG_PROCESS).
   */
  send(message: MessageToServer<S>): Promise<MessageResult> {
    if (this.#send) return this.#send(message);
    throw new ServerEngineError(
      'ERR_WRONG_PROCESS',
      `${this.constructor.name}.send works only where run() runs: in a process, thread or embedded worker of a running engine. ` +
        `In the server process use broadcast() of the server; in a unit test use createTestWorker().`,
    );
  }

  /** Resolves when a stop is requested. */
  untilStop(): Promise<void> {
    return stopRequestOf(this).wait();
  }

  /**
   * Resolves when every server that this worker opened has closed: the last response is sent. Without a server it resolves at
   * once. On a graceful stop the engine closes the servers; an embedded worker, and one with `workerCloseServers: false`,
   * must close its servers itself.
   */
  drained(): Promise<void> {
    return this.#drained?.() ?? Promise.resolve();
  }
}
