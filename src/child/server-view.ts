import { ConfigError } from '../common/errors';
import { defineInjected } from '../contract/injected';
import type { WorkerContext } from '../contract/context';
import type { SharedValue } from '../protocol/protocol';
import type { WorkerSockets } from './worker-host';

/**
 * The server as a worker sees it: the methods of its class on top of the @shared() properties, copied when this worker
 * started. Its constructor does not run again here.
 */
export function createServerView(
  prototype: object,
  context: Pick<WorkerContext, 'config' | 'logger'>,
  shared: Readonly<Record<string, SharedValue>>,
  unshared: readonly string[],
  sockets: WorkerSockets,
): object {
  const view = Object.create(prototype) as Record<string, unknown>;
  const className = (prototype.constructor as { name?: string }).name ?? 'Server';
  defineInjected(view, { config: () => context.config, logger: () => context.logger });
  for (const [name, value] of Object.entries(shared)) {
    if (value.kind === 'data') view[name] = value.value;
    else defineLazily(view, name, () => sockets.open(value.socket));
  }
  for (const name of unshared) {
    Object.defineProperty(view, name, {
      configurable: true,
      get() {
        throw new ConfigError(
          'ERR_NOT_SHARED',
          `${className}.${name} was read in a worker, but exists only in the server process. ` +
            `Mark it with @shared() if it is plain data or a socket of listenTcp/listenUdp/listenUnix; create anything else in the worker.`,
        );
      },
    });
  }
  return view;
}

/** Opened when it is first read: if the socket cannot be had, a worker that does not need it must not fail. */
function defineLazily(view: object, name: string, open: () => unknown): void {
  const define = (value: unknown): void => {
    Object.defineProperty(view, name, { value, enumerable: true, configurable: true, writable: true });
  };
  Object.defineProperty(view, name, {
    enumerable: true,
    configurable: true,
    get() {
      const value = open();
      define(value);
      return value;
    },
    set: define,
  });
}
