import { hasReusePort } from '../sockets/reuse-port';
import type { DependencyContainer } from 'tsyringe';
import { ConfigError } from '../common/errors';
import { assertCloneable } from '../config/cloneable';
import { loadConfig, type LoadedConfig } from '../config/load';
import type { EventHub } from '../contract/event-hub';
import type { UserSchema } from '../config/user-schema';
import { checkWorkerType, type CheckedClasses } from './check-classes';
import type { ServerClass, WorkerClass } from './wiring';

/** One engine as create() was given it. */
export interface EngineSpec {
  readonly serverClass: ServerClass;
  readonly workerClass: WorkerClass;
  readonly classes: CheckedClasses;
  readonly readConfig: () => unknown;
  readonly container: DependencyContainer | undefined;
  readonly entry: string | undefined;
  readonly engineIndex: number;
  /** The names of the groups of workers. */
  readonly groups: readonly string[];
  /** Who listens to what happens in this process. */
  readonly events: EventHub;
}

/** Whether the configuration is sent to another process or thread. */
function travels({ engine }: LoadedConfig): boolean {
  return engine.supervisor || engine.workerType === 'process' || engine.workerType === 'thread';
}

/** Asks for the configuration and validates it. @throws whatever its function throws; ConfigError. */
export async function readConfig(spec: EngineSpec): Promise<LoadedConfig> {
  const { serverClass, workerClass, classes } = spec;
  const schemas = [classes.serverOptions['schema'], classes.workerOptions['schema']];
  const loaded = loadConfig({
    raw: await spec.readConfig(),
    serverOptions: { className: serverClass.name, options: classes.serverOptions },
    workerOptions: { className: workerClass.name, options: classes.workerOptions },
    env: process.env,
    userSchemas: [...new Set(schemas)].filter((schema): schema is UserSchema => schema !== undefined),
  });
  checkWorkerType(workerClass, loaded.engine.workerType);
  checkScheduling(loaded);
  // Not as late as the first start of a worker: nothing has begun yet, and a reload can still be refused.
  if (travels(loaded)) assertCloneable(loaded.user);
  return loaded;
}

function checkScheduling({ engine }: LoadedConfig): void {
  if (engine.socketScheduling === 'shared' || hasReusePort(process.versions.node, process.platform)) return;
  throw new ConfigError(
    'ERR_CONFIG_INVALID',
    `socketScheduling: 'reusePort' needs Node 22.12 or newer on Linux, got Node ${process.versions.node} on ${process.platform}. ` +
      `Update Node, or leave socketScheduling at 'shared'.`,
  );
}
