import { ConfigError, messageOf } from '../common/errors';
import type { Server } from '../contract/server';
import { sharedProperties } from '../contract/metadata';
import type { SharedValue } from '../protocol/protocol';
import { descriptorOf } from '../sockets/server-sockets';

export interface SharedSnapshot {
  readonly shared: Readonly<Record<string, SharedValue>>;
  readonly unshared: readonly string[];
}

/**
 * The copy of the server's @shared() properties that a worker gets when it starts.
 * @throws ConfigError when a @shared() property is neither plain data nor a socket.
 */
export function snapshotShared(server: Server): SharedSnapshot {
  const names = sharedProperties(server.constructor);
  const shared: Record<string, SharedValue> = {};
  for (const name of names) {
    const value: unknown = (server as unknown as Record<string, unknown>)[name];
    const socket = typeof value === 'object' && value !== null ? descriptorOf(value) : undefined;
    shared[name] = socket
      ? { kind: 'socket', socket }
      : { kind: 'data', value: cloneable(value, server, name) };
  }
  return { shared, unshared: Object.keys(server).filter((name) => !names.includes(name)) };
}

function cloneable(value: unknown, server: Server, name: string): unknown {
  try {
    return structuredClone(value);
  } catch (error) {
    throw new ConfigError(
      'ERR_CONFIG_NOT_CLONEABLE',
      `@shared() ${server.constructor.name}.${name} cannot be sent to a worker (${messageOf(error)}). ` +
        `Share plain data or a socket of listenTcp/listenUdp/listenUnix; create anything else in the worker.`,
      { cause: error },
    );
  }
}
