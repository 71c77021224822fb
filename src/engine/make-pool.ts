import type net from 'node:net';
import { HttpDrain, isHttp } from '../drain/drain-http';
import type { Clock } from '../common/clock';
import { ofGroup, type LoadedConfig } from '../config/load';
import { WorkerContext } from '../contract/context';
import { hookOfServer } from '../contract/message-hook';
import type { WorkerPeer } from '../contract/server-control';
import type { Server } from '../contract/server';
import type { Worker } from '../contract/worker';
import type { EngineConfig } from '../config/engine-config';
import type { EmbeddedCalls } from '../launch/embedded-worker';
import type { PoolDeps } from '../pool/pool-deps';
import { SupervisedPool } from '../pool/supervised-pool';
import { ProcessManager } from '../watch/process-manager';
import { parentHooks } from '../pool/parent-hooks';
import type { WorkerPool } from '../pool/pool';
import { ProcessLauncher } from '../launch/process-launcher';
import { snapshotShared } from '../launch/shared-snapshot';
import type { SocketGroups } from '../sockets/socket-groups';
import type { StartStatus, WorkerLauncher } from '../pool/worker-handle';
import type { WorkerPrivileges } from '../launch/worker-privileges';
import type { EngineDefinition } from './engine-definition';
import { findEntry } from './entry';
import type { ServerEnvironment } from './server-environment';
import { makeWorker } from './wiring';
import type { WorkerGroup } from './worker-groups';

/** What the pool of a group needs. */
export interface PoolEnvironment {
  readonly around: ServerEnvironment;
  readonly privileges: WorkerPrivileges;
  readonly server: Server;
  readonly config: () => LoadedConfig;
  /** Which worker uses which sockets, for all groups. */
  readonly users: SocketGroups;
  /** One clock for all groups: everything that waits must notice each standstill of the process. */
  readonly clock: Clock;
  /** The pool gives up: the server stops as after any other request. */
  readonly stopServer: () => void;
}

/** Loads only the launcher that the group needs. */
export async function makePool(
  spec: EngineDefinition,
  { name, workerClass }: WorkerGroup,
  { around, privileges, server, config: configOfAll, users, stopServer, clock }: PoolEnvironment,
): Promise<WorkerPool> {
  const { logger, sink, sockets, onTrying, emit } = around;
  const config = (): LoadedConfig => ofGroup(configOfAll(), name);
  const random = (): number => Math.random();
  const engine = () => config().engine;
  const common = {
    group: name,
    isOneOfSeveral: spec.groups.length > 1,
    emit,
    hook: (from: WorkerPeer) => hookOfServer(server, from),
    stopServer,
    mustComeUp: () => around.mustComeUp(engine()),
    onTrying,
    engine,
    logger,
    clock,
    random,
  };
  const make = (workerId: number, calls?: EmbeddedCalls) => {
    const { user } = config();
    const context = new WorkerContext<object, object>(
      user,
      logger,
      server,
      workerId,
      calls?.onReady,
      calls?.drained,
      calls?.onJobDone,
      calls?.send,
    );
    // An embedded worker lives through a reload, so its config must stay current.
    Object.defineProperty(context, 'config', { get: () => config().user });
    return makeWorker(spec.container, workerClass, context);
  };
  const snapshot = () => snapshotShared(server);
  const group = spec.groups.length > 1 ? name : undefined;
  const supervise = (launcher: WorkerLauncher): WorkerPool => {
    const isSpawn = engine().workerType === 'spawn';
    const hooks = (workerId: number) => {
      const own = parentHooks(workerClass, () => make(workerId), logger, isSpawn);
      // Without hooks there is nothing to wait for.
      const forks = own.worker && launcher.forks?.();
      if (!forks) return own;
      // The hook has run in the process that the worker is forked from.
      return { ...own, beforeFork: async () => ((await forks) ? undefined : own.beforeFork()) };
    };
    return new SupervisedPool({ ...common, launcher, hooks });
  };
  switch (engine().workerType) {
    case 'embedded':
      if (engine().workers > 1) {
        logger.warn('workers has no effect: there is always exactly one embedded worker', {
          workers: engine().workers,
        });
      }
      return embed({
        ...common,
        engine: () => ofEmbedded(engine()),
        make,
        drainOf,
        askHereFirst: around.askHereFirst,
        workerClass,
      });
    case 'thread': {
      const [{ ThreadLauncher }, { threadStart }] = await Promise.all([
        import('../launch/thread-launcher'),
        import('./thread-start'),
      ]);
      const entry = findEntry(spec.entry, spec.engineIndex);
      const start = threadStart(entry.script);
      return supervise(
        new ThreadLauncher({ group, sockets, sink, logger, clock, entry, start, config, snapshot }),
      );
    }
    case 'process': {
      const deps = { group, processes: new ProcessManager(clock, logger), sink, logger, clock };
      const entry = findEntry(spec.entry, spec.engineIndex);
      const onChange = ({ startInUse, template }: StartStatus): void =>
        emit('templateState', { group: name, startInUse, ...template });
      const forking =
        engine().workerStart === 'fork' &&
        (await import('../launch/fork-supply')).supplyForks({ ...deps, engine, entry, onChange });
      return supervise(
        new ProcessLauncher({
          ...deps,
          ...forking,
          sockets: users.add(),
          entry,
          config,
          snapshot,
          privileges,
        }),
      );
    }
    case 'spawn': {
      const { SpawnLauncher } = await import('../launch/spawn-launcher');
      const processes = new ProcessManager(clock, logger);
      return supervise(new SpawnLauncher({ processes, sink, logger, clock, config, privileges }));
    }
  }
}

/** One worker, which is stopped before the next one runs: two in one event loop would share everything. */
function ofEmbedded(engine: EngineConfig): EngineConfig {
  return { ...engine, workers: 1, restartStrategy: 'all', unrecoverableExitCodes: [] };
}

interface EmbeddedGroup extends PoolDeps {
  readonly make: (workerId: number, calls: EmbeddedCalls) => Worker;
  readonly drainOf: (server: net.Server) => () => void;
  readonly askHereFirst: ServerEnvironment['askHereFirst'];
  readonly workerClass: WorkerGroup['workerClass'];
}

/**
 * Its starts and ends coincide with those of the server, or its run() is called again and again: only problems are
 * logged.
 */
async function embed(group: EmbeddedGroup): Promise<WorkerPool> {
  const [{ EmbeddedLauncher }, { problemsOnly }] = await Promise.all([
    import('../launch/embedded-launcher'),
    import('../record/problems-only'),
  ]);
  const launcher = new EmbeddedLauncher(group);
  const { workerClass, logger } = group;
  group.askHereFirst?.((asker, question) => launcher.socketFor(asker, question));
  const hooks = (workerId: number) => parentHooks(workerClass, () => launcher.make(workerId), logger, true);
  const pool = new SupervisedPool({ ...group, logger: problemsOnly(logger), launcher, hooks });
  void pool.ended.then(() => launcher.close());
  return pool;
}

/** Nothing waits for requests that may still be under way: an embedded worker has closed its port by then. */
function drainOf(server: net.Server): () => void {
  if (!isHttp(server)) return () => {};
  const drain = new HttpDrain(
    server,
    () => true,
    () => {},
  );
  return () => drain.begin();
}
