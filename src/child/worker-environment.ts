import { WorkerContext } from '../contract/context';
import type { Worker } from '../contract/worker';
import { ReadyWatch } from '../health/ready-watch';
import type { LineLogger } from '../record/line-logger';
import { watchListening } from '../sockets/watch-listening';
import { ListeningServers } from './listening-servers';
import { createServerView } from './server-view';
import type { WorkerHost } from './worker-host';

/** What a worker needs from the user's program. */
export interface WorkerSpec {
  readonly serverPrototype: object;
  /** group: which worker class, if the engine has several. */
  readonly workerClass: (group: string | undefined) => { readonly prototype: object };
  readonly makeWorker: (context: WorkerContext<object, object>, group: string | undefined) => Worker;
}

export interface Surroundings {
  readonly servers: ListeningServers;
  readonly readiness: ReadyWatch;
  /** A reload changes the configuration. */
  readonly given: { config: object; readonly logger: LineLogger };
  readonly context: WorkerContext<object, object>;
  /** Stops watching for servers that begin to listen. */
  readonly unwatch: () => void;
}

/** Makes what the Worker object is given, and what watches everything that it listens on. */
export function makeWorkerEnvironment(
  spec: Pick<WorkerSpec, 'serverPrototype'>,
  { boot, gauge, sockets, send }: Pick<WorkerHost, 'boot' | 'gauge' | 'sockets' | 'send'>,
  logger: LineLogger,
  sendToServer?: WorkerContext['send'],
): Surroundings {
  const servers = new ListeningServers(boot.closeServers, warnOfRefusal(logger));
  const readiness = new ReadyWatch(
    boot.ready,
    () => send({ type: 'ready' }),
    () => send({ type: 'ignored_ready' }),
  );
  const unwatch = watchListening({
    onListen: (server) => {
      servers.add(server);
      gauge.watch(server);
      readiness.asked(server);
    },
    onThrow: (server) => {
      servers.failed(server);
      readiness.failed(server);
    },
    onBind: (socket) => {
      servers.addDatagrams(socket);
      readiness.asked(socket);
    },
    onBindThrow: (socket) => readiness.failed(socket),
  });
  const given = { config: Object.freeze(boot.config) as object, logger };
  const context = new WorkerContext<object, object>(
    given.config,
    logger,
    createServerView(spec.serverPrototype, given, boot.shared, boot.unshared, sockets),
    boot.workerId,
    () => readiness.called(),
    () => servers.drained(),
    (count) => gauge.jobsDone(count),
    sendToServer,
  );
  return { servers, readiness, given, context, unwatch };
}

/** Logged once: there may be hundreds of them. */
function warnOfRefusal(logger: LineLogger): () => void {
  let isLogged = false;
  return () => {
    if (isLogged) return;
    isLogged = true;
    logger.warn(
      'a request that arrived while the worker drains was answered with status 503: did stop() close its framework? ' +
        'Close it in afterDrain(), when the last response is sent. For Fastify, return503OnClosing: false helps too',
    );
  };
}
