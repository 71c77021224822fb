// Registered symbols, so that two copies of the package in one program agree.

/** Injection token of the validated configuration, frozen. Any class that the container creates may inject it. */
export const CONFIG: unique symbol = Symbol.for('serverengine.CONFIG') as never;
/** Injection token of the logger. Any class that the container creates may inject it: `@inject(LOGGER) logger: Logger`. */
export const LOGGER: unique symbol = Symbol.for('serverengine.LOGGER') as never;
/** Injection token of the server, as far as it is shared with workers. For classes that a worker injects. */
export const SERVER: unique symbol = Symbol.for('serverengine.SERVER') as never;
/** Injection token of the worker id, a number from 0. For classes that a worker injects. */
export const WORKER_ID: unique symbol = Symbol.for('serverengine.WORKER_ID') as never;
