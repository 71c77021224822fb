import 'reflect-metadata';

// The keys of everything that the decorators write. Nobody else defines metadata.
const WORKER_OPTIONS = Symbol.for('serverengine.metadata.worker');
const SERVER_OPTIONS = Symbol.for('serverengine.metadata.server');
const SHARED_PROPERTIES = Symbol.for('serverengine.metadata.shared');

export type DecoratorOptions = Readonly<Record<string, unknown>>;
export type DecoratorName = 'worker' | 'server';

const KEY_OF: Readonly<Record<DecoratorName, symbol>> = { worker: WORKER_OPTIONS, server: SERVER_OPTIONS };

export function writeOptions(decorator: DecoratorName, target: object, options: DecoratorOptions): void {
  Reflect.defineMetadata(KEY_OF[decorator], options, target);
}

/** The options of the decorator on this very class; those of a base class do not count: a subclass is marked itself. */
export function readOptions(decorator: DecoratorName, target: object): DecoratorOptions | undefined {
  return Reflect.getOwnMetadata(KEY_OF[decorator], target) as DecoratorOptions | undefined;
}

export function addSharedProperty(target: object, name: string): void {
  const names = new Set(sharedProperties(target));
  names.add(name);
  Reflect.defineMetadata(SHARED_PROPERTIES, [...names], target);
}

/** Names of the @shared() properties of a server class, its base classes included. */
export function sharedProperties(target: object): readonly string[] {
  return (Reflect.getMetadata(SHARED_PROPERTIES, target) as readonly string[] | undefined) ?? [];
}
