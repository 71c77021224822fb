import type { DependencyContainer } from 'tsyringe';
import { assertCloneable } from '../config/cloneable';
import { loadConfig, type LoadedConfig } from '../config/load';
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
  // Not as late as the first start of a worker: nothing has begun yet, and a reload can still be refused.
  if (travels(loaded)) assertCloneable(loaded.user);
  return loaded;
}
