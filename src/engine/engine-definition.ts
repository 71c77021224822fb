import { hasReusePort } from '../sockets/reuse-port';
import type { DependencyContainer } from 'tsyringe';
import type { CallerFile } from '../common/caller-file';
import { ConfigError } from '../common/errors';
import { assertCloneable } from '../config/cloneable';
import { loadConfig, type LoadedConfig } from '../config/load';
import type { EventHub } from '../contract/event-hub';
import type { UserSchema } from '../config/user-schema';
import type { EngineConfig } from '../config/engine-config';
import type { DecoratorOptions } from '../contract/metadata';
import { checkWorkerType } from './check-classes';
import type { ServerClass } from './wiring';
import { groupNamed, type WorkerGroups } from './worker-groups';

/** One engine, as it was given to create(). */
export interface EngineDefinition {
  readonly serverClass: ServerClass;
  readonly serverOptions: DecoratorOptions;
  /** The worker classes. */
  readonly groups: WorkerGroups;
  readonly readConfig: () => unknown;
  readonly container: DependencyContainer | undefined;
  readonly entry: string | undefined;
  readonly engineIndex: number;
  /** Where the engine was created and its server class was declared, as far as that can be found out. */
  readonly filesOfServer: readonly CallerFile[];
  /** The file that fromFile() reads. */
  readonly configFile: string | undefined;
  /** The listeners for events in this process. */
  readonly events: EventHub;
}

/** Whether the configuration is sent to another process or thread. */
function travels({ engine, groups }: LoadedConfig): boolean {
  return (
    engine.supervisor ||
    groups.some((group) => group.engine.workerType === 'process' || group.engine.workerType === 'thread')
  );
}

/** Reads the configuration and validates it. @throws whatever its function throws; ConfigError. */
export async function readConfig(spec: EngineDefinition): Promise<LoadedConfig> {
  const { serverClass, serverOptions, groups } = spec;
  const schemas = [serverOptions, ...groups.map(({ options }) => options)].map(
    (options) => options['schema'],
  );
  const loaded = loadConfig({
    raw: await spec.readConfig(),
    serverOptions: { className: serverClass.name, options: serverOptions },
    groups: groups.map(({ name, workerClass, options }) => ({
      name,
      decorator: { className: workerClass.name, options },
    })),
    env: process.env,
    userSchemas: [...new Set(schemas)].filter((schema): schema is UserSchema => schema !== undefined),
  });
  for (const { name, engine } of loaded.groups) {
    checkWorkerType(groupNamed(groups, name).workerClass, engine.workerType);
    checkScheduling(engine);
  }
  // Checked here and not at the first start of a worker: nothing has begun yet, and a reload can still be refused.
  if (travels(loaded)) assertCloneable(loaded.user);
  return loaded;
}

function checkScheduling(engine: EngineConfig): void {
  if (engine.socketScheduling === 'shared' || hasReusePort(process.versions.node, process.platform)) return;
  throw new ConfigError(
    'ERR_CONFIG_INVALID',
    `socketScheduling: 'reusePort' needs Node 22.12 or newer on Linux, got Node ${process.versions.node} on ${process.platform}. ` +
      `Update Node, or leave socketScheduling at 'shared'.`,
  );
}
