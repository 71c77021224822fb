import type net from 'node:net';
import { HttpDrain, isHttp } from '../child/drain-http';
import { systemClock } from '../common/clock';
import { messageOf } from '../common/errors';
import type { EngineConfig } from '../config/engine-config';
import type { LoadedConfig } from '../config/load';
import { WorkerContext } from '../contract/context';
import type { Server } from '../contract/server';
import type { Logger } from '../logging/logger';
import type { LogSink } from '../logging/log-sink';
import { ProcessManager } from '../process/process-manager';
import { parentHooks } from '../servers/parent-hooks';
import type { WorkerPool } from '../servers/pool';
import { ProcessLauncher } from '../servers/process-launcher';
import { ServerRunner, type ServerRunnerDeps } from '../servers/server-runner';
import { snapshotShared } from '../servers/shared-snapshot';
import { SupervisedPool } from '../pool/supervised-pool';
import type { WorkerLauncher } from '../servers/worker-handle';
import { resolveWorkerPrivileges, type WorkerPrivileges } from '../servers/worker-privileges';
import { offerSource } from '../sockets/socket-manager-source';
import type { SocketSource } from '../sockets/socket-registry';
import type { EngineSpec } from './engine-spec';
import { findEntry } from './entry';
import { makeServer, makeWorker } from './wiring';

/** What differs between a server at the top and one under a supervisor. */
export interface ServerSurroundings extends Pick<
  ServerRunnerDeps,
  'loaded' | 'load' | 'applyLog' | 'onUp' | 'onFailed' | 'onUnrecoverable' | 'supervised' | 'emit'
> {
  readonly logger: Logger;
  readonly sink: LogSink;
  readonly sockets: SocketSource;
  /** Whether a start at which no worker comes up ends the server. */
  readonly mustComeUp: (engine: EngineConfig) => boolean;
  /** A worker has failed before any was up. */
  readonly onTrying: (why: string) => void;
}

/** A server with its pool, ready to run. */
export function createServerRunner(spec: EngineSpec, around: ServerSurroundings): ServerRunner {
  offerSource(around.sockets);
  let privileges: WorkerPrivileges = { identity: undefined, umask: undefined };
  return new ServerRunner({
    ...around,
    makeServer: (context) => {
      // Before anything of the user's runs: a wrong name is no reason to have begun.
      privileges = resolveWorkerPrivileges(around.loaded.engine);
      return makeServer(spec.container, spec.serverClass, context);
    },
    groups: spec.groups,
    makePools: async (server, config, stopServer) => {
      const make = (group: string) => makePool(spec, group, around, privileges, server, config, stopServer);
      return Promise.all(spec.groups.map(make));
    },
    clock: systemClock,
  });
}

/** Only what is needed of the launchers is loaded. */
async function makePool(
  spec: EngineSpec,
  group: string,
  around: ServerSurroundings,
  privileges: WorkerPrivileges,
  server: Server,
  config: () => LoadedConfig,
  stopServer: () => void,
): Promise<WorkerPool> {
  const { logger, sink, sockets, onTrying, emit } = around;
  const clock = systemClock;
  const random = (): number => Math.random();
  const engine = () => config().engine;
  const common = {
    group,
    emit,
    stopServer,
    mustComeUp: () => around.mustComeUp(engine()),
    onTrying,
    engine,
    logger,
    clock,
    random,
  };
  const make = (workerId: number, drained?: () => Promise<void>) => {
    const { user } = config();
    const context = new WorkerContext<object, object>(user, logger, server, workerId, undefined, drained);
    // An embedded worker lives on through a reload.
    Object.defineProperty(context, 'config', { get: () => config().user });
    return makeWorker(spec.container, spec.workerClass, context);
  };
  const snapshot = () => snapshotShared(server);
  const supervise = (launcher: WorkerLauncher): WorkerPool => {
    const isSpawn = engine().workerType === 'spawn';
    const hooks = (workerId: number) => parentHooks(spec.workerClass, () => make(workerId), logger, isSpawn);
    return new SupervisedPool({ ...common, launcher, hooks });
  };
  switch (engine().workerType) {
    case 'embedded':
      if (engine().workers > 1) {
        logger.warn('workers has no effect: an embedded worker is always one', { workers: engine().workers });
      }
      return new (await import('../pool/embedded-pool')).EmbeddedPool({ ...common, make, drainOf });
    case 'thread': {
      const [{ ThreadLauncher }, { threadStart }] = await Promise.all([
        import('../servers/thread-launcher'),
        import('./thread-start'),
      ]);
      const entry = findEntry(spec.entry, spec.engineIndex);
      const start = threadStart(entry.script);
      return supervise(new ThreadLauncher({ sockets, sink, logger, clock, entry, start, config, snapshot }));
    }
    case 'process':
      return supervise(
        new ProcessLauncher({
          processes: new ProcessManager(clock, logger),
          sockets,
          sink,
          logger,
          clock,
          entry: findEntry(spec.entry, spec.engineIndex),
          config,
          snapshot,
          privileges,
        }),
      );
    case 'spawn': {
      const { SpawnLauncher } = await import('../servers/spawn-launcher');
      const processes = new ProcessManager(clock, logger);
      return supervise(new SpawnLauncher({ processes, sink, logger, clock, config, privileges }));
    }
  }
}

/** Something broke in the process itself: the log says what, everything below it ends in order, the status is not 0. */
export function endOnUncaught(
  role: string,
  logger: Logger,
  fail: (status: number, why: string) => void,
): () => void {
  const onUncaught = (error: unknown, origin: string): void => {
    if (process.listenerCount('uncaughtException') > 1) return;
    const what = origin === 'unhandledRejection' ? 'unhandled rejection' : 'uncaught exception';
    logger.fatal(`${what} in the ${role} process, it stops with status 1`, { error });
    fail(1, `${what}: ${messageOf(error)}`);
  };
  process.on('uncaughtException', onUncaught);
  return () => process.off('uncaughtException', onUncaught);
}

/** Nobody waits for requests that may still be under way: an embedded worker has closed its port by then. */
function drainOf(server: net.Server): () => void {
  if (!isHttp(server)) return () => {};
  const drain = new HttpDrain(
    server,
    () => true,
    () => {},
  );
  return () => drain.begin();
}
