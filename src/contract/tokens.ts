/**
 * Injection tokens: any class that the container makes may `@inject(LOGGER) logger: Logger`.
 * Registered symbols, so that two copies of the package in one program still agree.
 */
export const CONFIG: unique symbol = Symbol.for('serverengine.CONFIG') as never;
export const LOGGER: unique symbol = Symbol.for('serverengine.LOGGER') as never;
export const SERVER: unique symbol = Symbol.for('serverengine.SERVER') as never;
export const WORKER_ID: unique symbol = Symbol.for('serverengine.WORKER_ID') as never;
