import type { CallerFile } from '../common/caller-file';

// The keys of everything that the decorators store on the classes: a subclass inherits what it does not have itself.
// Registered symbols, so that two copies of the package in one program agree.
const WORKER_OPTIONS = Symbol.for('serverengine.metadata.worker');
const SERVER_OPTIONS = Symbol.for('serverengine.metadata.server');
const SHARED_PROPERTIES = Symbol.for('serverengine.metadata.shared');
const SERVER_FILE = Symbol.for('serverengine.metadata.caller');
const CONSTRUCTOR_TOKENS = Symbol.for('serverengine.metadata.tokens');

export type DecoratorOptions = Readonly<Record<string, unknown>>;
export type DecoratorName = 'worker' | 'server';

const KEY_OF: Readonly<Record<DecoratorName, symbol>> = { worker: WORKER_OPTIONS, server: SERVER_OPTIONS };

export function writeOptions(decorator: DecoratorName, target: object, options: DecoratorOptions): void {
  write(KEY_OF[decorator], target, options);
}

/**
 * The options of the decorator on this very class. Those of a base class do not count: a subclass needs its own
 * decorator.
 */
export function readOptions(decorator: DecoratorName, target: object): DecoratorOptions | undefined {
  return readOwn(KEY_OF[decorator], target) as DecoratorOptions | undefined;
}

export function addSharedProperty(target: object, name: string): void {
  const names = new Set(sharedProperties(target));
  names.add(name);
  write(SHARED_PROPERTIES, target, [...names]);
}

/** Names of the @shared() properties of a server class, its base classes included. */
export function sharedProperties(target: object): readonly string[] {
  return (Reflect.get(target, SHARED_PROPERTIES) as readonly string[] | undefined) ?? [];
}

/** The file in which a server class was decorated: a change of it is a change of the server's own code. */
export function writeFile(target: object, file: CallerFile): void {
  write(SERVER_FILE, target, file);
}

export function readFile(target: object): CallerFile | undefined {
  return readOwn(SERVER_FILE, target) as CallerFile | undefined;
}

/** What to inject as each constructor parameter, by index. */
export function writeTokens(target: object, tokens: Readonly<Record<number, unknown>>): void {
  write(CONSTRUCTOR_TOKENS, target, tokens);
}

export function readTokens(target: object): Readonly<Record<number, unknown>> | undefined {
  return readOwn(CONSTRUCTOR_TOKENS, target) as Readonly<Record<number, unknown>> | undefined;
}

function write(key: symbol, target: object, value: unknown): void {
  Object.defineProperty(target, key, { value, configurable: true, enumerable: false, writable: false });
}

function readOwn(key: symbol, target: object): unknown {
  return Object.hasOwn(target, key) ? Reflect.get(target, key) : undefined;
}
