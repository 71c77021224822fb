import { callerFile } from '../common/caller-file';
import { ConfigError } from '../common/errors';
import { ServerContext, WorkerContext } from './context';
import { makeInjectable } from './injection';
import { addSharedProperty, readOptions, writeFile, writeOptions, type DecoratorName } from './metadata';
import type { ServerOptions, WorkerOptions } from './options';
import { Server } from './server';
import { Worker } from './worker';

type AnyConstructor = abstract new (...args: never[]) => object;

/** Works as a legacy decorator, as a standard one (whose context is not needed) and as a plain function. */
type ClassMark<Base extends object> = (
  target: abstract new (...args: never[]) => Base,
  context?: unknown,
) => void;

/**
 * Sets the options of a Worker subclass: the worker keys of the configuration without their prefix.
 * The options are checked when the engine is created, together with everything else.
 * @throws {ConfigError} Thrown if the class is not a Worker or is marked twice (ERR_CLASS_INVALID), or if a constructor
 *   parameter cannot be injected (ERR_INJECTION).
 */
export function worker(options: WorkerOptions = {}): ClassMark<Worker> {
  return (target) => {
    mark('worker', target, Worker, options);
    makeInjectable(target as never, WorkerContext);
  };
}

/**
 * Sets the options of a Server subclass: every configuration key that is not a worker key.
 * @throws {ConfigError} Thrown if the class is not a Server or is marked twice (ERR_CLASS_INVALID), or if a constructor
 *   parameter cannot be injected (ERR_INJECTION).
 */
export function server(options: ServerOptions = {}): ClassMark<Server> {
  const file = callerFile();
  return (target) => {
    mark('server', target, Server, options);
    writeFile(target, file);
    makeInjectable(target as never, ServerContext);
  };
}

function mark(decorator: DecoratorName, target: AnyConstructor, base: AnyConstructor, options: object): void {
  const name = typeof target === 'function' ? target.name : String(target);
  if (typeof target !== 'function' || !(target.prototype instanceof base)) {
    throw new ConfigError(
      'ERR_CLASS_INVALID',
      `@${decorator} marks subclasses of ${base.name} only, got ${name}. Write: class ${name} extends ${base.name} { … }.`,
    );
  }
  if (readOptions(decorator, target)) {
    throw new ConfigError('ERR_CLASS_INVALID', `@${decorator} marks ${name} twice. Keep one of the two.`);
  }
  writeOptions(decorator, target, { ...options });
}

/** The context of a property decorator under the standard (TC39) proposal. */
interface StandardFieldContext {
  readonly name: string | symbol;
  addInitializer(initializer: (this: unknown) => void): void;
}

/**
 * Marks a property of a Server that workers see as `this.server.NAME`. A worker gets a copy when it starts, after
 * beforeRun(). Plain data is copied by structured clone; sockets of listenTcp/listenUdp/listenUnix become shared handles.
 */
export function shared(): (
  target: object | undefined,
  property: string | symbol | StandardFieldContext,
) => void {
  return (target, property) => {
    if (typeof property === 'object') {
      property.addInitializer(function () {
        addSharedProperty((this as object).constructor, String(property.name));
      });
    } else if (target) {
      addSharedProperty(target.constructor, String(property));
    }
  };
}
