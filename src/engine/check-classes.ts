import { ConfigError } from '../common/errors';
import type { EngineConfig } from '../config/engine-config';
import { readOptions, type DecoratorName, type DecoratorOptions } from '../contract/metadata';
import { Server } from '../contract/server';
import { Worker } from '../contract/worker';
import type { ServerClass, WorkerClass } from './wiring';

/** @throws ConfigError when it is not a Server, or is not decorated. */
export function checkServerClass(serverClass: ServerClass): DecoratorOptions {
  return optionsOf(serverClass, Server, 'server', 'first');
}

/** @throws ConfigError when it is not a Worker, is not decorated, or has no run(). */
export function checkWorkerClass(given: unknown): {
  readonly workerClass: WorkerClass;
  readonly options: DecoratorOptions;
} {
  const options = optionsOf(given, Worker, 'worker', 'second');
  const workerClass = given as WorkerClass;
  // Only the configuration says which of the two it needs.
  if (!implementsMethod(workerClass, 'spawn')) checkWorkerType(workerClass, 'process');
  return { workerClass, options };
}

/** @throws ConfigError when the class lacks the method that this type of worker needs: spawn(), or run(). */
export function checkWorkerType(workerClass: WorkerClass, workerType: EngineConfig['workerType']): void {
  const method = workerType === 'spawn' ? 'spawn' : 'run';
  if (implementsMethod(workerClass, method)) return;
  const cure =
    method === 'run'
      ? 'Implement it: async run() { … }.'
      : `A worker of type 'spawn' implements it: spawn(processManager) { return processManager.spawn('python3', ['worker.py']); }.`;
  throw new ConfigError('ERR_CLASS_INVALID', `${workerClass.name} has no ${method}(). ${cure}`);
}

function implementsMethod(workerClass: WorkerClass, method: 'run' | 'spawn'): boolean {
  return Reflect.get(workerClass.prototype, method) !== Reflect.get(Worker.prototype, method);
}

function optionsOf(
  given: unknown,
  base: typeof Worker | typeof Server,
  decorator: DecoratorName,
  position: string,
): DecoratorOptions {
  const name = typeof given === 'function' ? given.name : String(given);
  if (typeof given !== 'function' || !(given.prototype instanceof base)) {
    const allowed =
      decorator === 'server' ? 'a subclass of Server, or null' : 'a subclass of Worker, or a list of them';
    throw new ConfigError(
      'ERR_CLASS_INVALID',
      `ServerEngine.create: the ${position} argument must be ${allowed}, got ${name}.`,
    );
  }
  const options = readOptions(decorator, given);
  if (options) return options;
  throw new ConfigError(
    'ERR_CLASS_UNDECORATED',
    `${name} has no decorator. Write @${decorator}({}) above the class, or ${decorator}({})(${name}) below it; a decorator on its base class does not count.`,
  );
}
