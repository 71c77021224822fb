import { ConfigError } from '../common/errors';
import { readOptions, type DecoratorName, type DecoratorOptions } from '../contract/metadata';
import { Server } from '../contract/server';
import { Worker } from '../contract/worker';
import type { ServerClass, WorkerClass } from './wiring';

export interface CheckedClasses {
  readonly workerOptions: DecoratorOptions;
  readonly serverOptions: DecoratorOptions;
}

/**
 * Looks at both classes before anything is made.
 * @throws ConfigError when one is no Worker or Server, is not decorated, or has no run().
 */
export function checkClasses(serverClass: ServerClass, workerClass: WorkerClass): CheckedClasses {
  const workerOptions = optionsOf(workerClass, Worker, 'worker', 'second');
  const serverOptions = optionsOf(serverClass, Server, 'server', 'first');
  if (Reflect.get(workerClass.prototype, 'run') === Reflect.get(Worker.prototype, 'run')) {
    throw new ConfigError(
      'ERR_CLASS_INVALID',
      `${workerClass.name} has no run(). Implement it: async run() { … }.`,
    );
  }
  return { workerOptions, serverOptions };
}

function optionsOf(
  given: unknown,
  base: typeof Worker | typeof Server,
  decorator: DecoratorName,
  position: string,
): DecoratorOptions {
  const name = typeof given === 'function' ? given.name : String(given);
  if (typeof given !== 'function' || !(given.prototype instanceof base)) {
    const allowed = decorator === 'server' ? 'a subclass of Server, or null' : 'a subclass of Worker';
    throw new ConfigError(
      'ERR_CLASS_INVALID',
      `ServerEngine.create: the ${position} argument must be ${allowed}, got ${name}.`,
    );
  }
  const options = readOptions(decorator, given);
  if (options) return options;
  throw new ConfigError(
    'ERR_CLASS_UNDECORATED',
    `${name} is not marked. Write @${decorator}({}) above the class, or ${decorator}({})(${name}) below it; a mark on its base class does not count.`,
  );
}
