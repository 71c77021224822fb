import type { DependencyContainer } from 'tsyringe';
import { ServerContext, WorkerContext } from '../contract/context';
import { callHook } from '../contract/call-hook';
import { stopRequestOf, type Worker } from '../contract/worker';
import type { Server } from '../contract/server';
import type { ServerControl, WorkerPeer } from '../contract/server-control';
import { decodeBody, encodeBody } from '../messages/message-body';
import { capture, type CapturedRecord } from './captured-log';
import { createTestContainer, type TestProvider } from './test-container';
import { makeServer, makeWorker, type ServerClass, type WorkerClass } from '../engine/wiring';

interface TestOptions<C extends object> {
  /** The value of `this.config`. Schemas are not applied. Default: {}. */
  readonly config?: C;
  /** Mocks for the parameters of the constructor. */
  readonly providers?: readonly TestProvider[];
}

/** Options of createTestWorker. */
export interface TestWorkerOptions<C extends object, S> extends TestOptions<C> {
  /** A fake for `this.server`. It needs only what the worker uses. Default: {}. */
  readonly server?: Partial<S>;
  /** Default 0. */
  readonly workerId?: number;
}

/** A worker without process, timers or signals. */
export interface TestWorker<W extends Worker> {
  /** The object itself, created as the engine creates it. */
  readonly worker: W;
  /** Everything that was logged, oldest first. */
  readonly log: readonly CapturedRecord[];
  /** Whether the worker called ready(). */
  readonly isReady: boolean;
  /** Jobs that the worker has counted with jobDone(). */
  readonly jobs: number;
  /** Copies of what the worker has sent to the server, oldest first. Each send() resolves with `ok: true`. */
  readonly sent: readonly unknown[];
  /** Calls onMessage() with a copy of the message, as the engine does. Resolves when it has settled. */
  receive(message: unknown): Promise<void>;
  /** Calls run(). Resolves or rejects as run() does; call it once. */
  run(): Promise<void>;
  /** Does what the engine does on a graceful stop. Resolves when stop(), run() if it was called, and afterDrain() have settled. */
  stop(): Promise<void>;
  /** Replaces the configuration, then calls reload(). */
  reload(config: object): Promise<void>;
}

/** A server without workers, signals or sockets of the engine. */
export interface TestServer<S extends Server> {
  /** The object itself, created as the engine creates it. */
  readonly server: S;
  /** Everything that was logged, oldest first. */
  readonly log: readonly CapturedRecord[];
  /** The calls of the server to the engine, oldest first. */
  readonly calls: readonly {
    /** What the server asked for. */
    readonly method: keyof ServerControl;
    /** What it passed on. */
    readonly args: readonly unknown[];
  }[];
  /**
   * Calls onMessage() with a copy of the message, as the engine does. Resolves when it has settled.
   * @param from the worker that sends it. Default: worker 0 of the group `worker`, whose send() resolves with `ok: true`.
   */
  receive(message: unknown, from?: Partial<WorkerPeer>): Promise<void>;
  /** Calls stop() as the engine does, and waits for it. @param graceful default true. */
  stop(graceful?: boolean): Promise<void>;
  /** Sets the configuration for reloadConfig(), then calls reload(). */
  reload(config: object): Promise<void>;
}

/**
 * Creates a worker as the engine does, with mocks.
 * @throws ConfigError for the same mistakes as the engine: no decorator, a hidden field, a missing injection.
 */
export function createTestWorker<W extends Worker>(
  workerClass: WorkerClass & (new (...args: never[]) => W),
  options: TestWorkerOptions<W['config'] & object, W['server']> = {},
): TestWorker<W> {
  const { log, logger } = capture(options.workerId ?? 0);
  let isReady = false;
  let jobs = 0;
  const sent: unknown[] = [];
  const context = new WorkerContext<object, object>(
    options.config ?? {},
    logger,
    options.server ?? {},
    options.workerId ?? 0,
    () => {
      isReady = true;
    },
    undefined,
    (count) => {
      jobs += count;
    },
    (message) => {
      sent.push(copyOf(message));
      return Promise.resolve({ ok: true });
    },
  );
  const worker = makeWorker(containerWith(options.providers), workerClass, context) as W;
  let running: Promise<void> = Promise.resolve();
  let stopping: Promise<void> | undefined;
  const stopOnce = async (): Promise<void> => {
    if (!stopRequestOf(worker).isMade) {
      await settled(
        (call) => callHook('stop', call, logger),
        () => worker.stop(),
      );
      stopRequestOf(worker).make();
    }
    // If run() has failed, the worker has ended.
    const hasEndedWell = await running.then(
      () => true,
      () => false,
    );
    if (!hasEndedWell) return;
    await settled(
      (call) => callHook('afterDrain', call, logger),
      () => worker.afterDrain(),
    );
  };
  return {
    worker,
    log,
    get isReady() {
      return isReady;
    },
    get jobs() {
      return jobs;
    },
    sent,
    async receive(message) {
      const copy: unknown = copyOf(message);
      await settled(
        (call) => callHook('onMessage', call, logger),
        () => worker.onMessage(copy),
      );
    },
    run() {
      // As the engine enters it: at once, and a throw is a rejection.
      running = (async () => worker.run())();
      return running;
    },
    async stop() {
      stopping ??= stopOnce();
      await stopping;
      await running.catch(() => {});
    },
    async reload(config) {
      context.config = config;
      await settled(
        (call) => callHook('reload', call, logger),
        () => worker.reload(),
      );
    },
  };
}

/** Creates a server as the engine does, with mocks. `calls` records its calls to the engine. */
export function createTestServer<S extends Server>(
  serverClass: ServerClass & (new (...args: never[]) => S),
  options: TestOptions<S['config'] & object> & { readonly control?: Partial<ServerControl> } = {},
): TestServer<S> {
  const { log, logger } = capture(undefined);
  const calls: { method: keyof ServerControl; args: readonly unknown[] }[] = [];
  let next: object | undefined;
  const takeConfig = (): Promise<boolean> => {
    if (next) context.config = next;
    return Promise.resolve(true);
  };
  const control = recordingControl(calls, { reloadConfig: takeConfig, ...options.control });
  const context = new ServerContext<object>(options.config ?? {}, logger, control);
  const server = makeServer(containerWith(options.providers), serverClass, context) as S;
  return {
    server,
    log,
    calls,
    async receive(message, from = {}) {
      const copy: unknown = copyOf(message);
      const peer: WorkerPeer = {
        group: 'worker',
        workerId: 0,
        generation: 1,
        pid: process.pid,
        send: () => Promise.resolve({ ok: true }),
        ...from,
      };
      await settled(
        (call) => callHook('onMessage', call, logger),
        () => server.onMessage(copy, peer),
      );
    },
    async stop(graceful = true) {
      await server.stop(graceful);
    },
    async reload(config) {
      next = config;
      await server.reload();
    },
  };
}

function recordingControl(
  calls: { method: keyof ServerControl; args: readonly unknown[] }[],
  answers: Partial<ServerControl>,
): ServerControl {
  const record =
    <R>(method: keyof ServerControl, fallback: () => R) =>
    (...args: unknown[]): R => {
      calls.push({ method, args });
      const answer = answers[method] as ((...given: unknown[]) => R) | undefined;
      return answer ? answer(...args) : fallback();
    };
  const noSocket = (method: string) => () =>
    Promise.reject(
      new Error(`createTestServer opens no sockets: give control: { ${method}: async () => … }.`),
    );
  return {
    stop: record('stop', () => {}),
    restart: record('restart', () => {}),
    reloadConfig: record('reloadConfig', () => Promise.resolve(true)),
    reloadWorkers: record('reloadWorkers', () => {}),
    dump: record('dump', () => {}),
    scale: record('scale', () => {}),
    workers: record('workers', () => []),
    broadcast: record('broadcast', () => Promise.resolve({ ok: true, reached: 0, failed: [] })),
    listenTcp: record('listenTcp', noSocket('listenTcp')),
    listenUdp: record('listenUdp', noSocket('listenUdp')),
    listenUnix: record('listenUnix', noSocket('listenUnix')),
  };
}

/** @throws ServerEngineError as the engine does. */
function copyOf(message: unknown): unknown {
  return decodeBody(encodeBody(message))?.message;
}

function containerWith(providers: readonly TestProvider[] = []): DependencyContainer | undefined {
  return providers.length === 0 ? undefined : createTestContainer(providers);
}

/** Runs a hook under the engine's rules (a throw is logged) and waits for its end. */
async function settled(
  guard: (call: () => Promise<void>) => void,
  hook: () => void | Promise<void>,
): Promise<void> {
  await new Promise<void>((resolve) => {
    guard(async () => {
      try {
        await hook();
      } finally {
        resolve();
      }
    });
  });
  // The guard logs a failure one turn later.
  await Promise.resolve();
}
