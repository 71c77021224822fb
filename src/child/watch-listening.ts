import dgram from 'node:dgram';
import net from 'node:net';
import type { ListeningServers } from './listening-servers';

/**
 * Notes every server and datagram socket of this worker that begins to listen, whichever library made it: all of them
 * end in these two methods.
 */
export function watchListening(servers: ListeningServers): void {
  before(net.Server.prototype, 'listen', (server) => servers.add(server));
  before(dgram.Socket.prototype, 'bind', (socket, args) => {
    if (!isForSending(args[0])) servers.addDatagrams(socket);
  });
}

/** A socket that only sends, as of a metrics client, is bound by Node itself. What it asked for it must still receive. */
function isForSending(options: unknown): boolean {
  if (typeof options !== 'object' || options === null) return false;
  const { port, exclusive } = options as { port?: unknown; exclusive?: unknown };
  return port === 0 && exclusive === true;
}

type Method = (...args: unknown[]) => unknown;

function before<T extends object>(
  prototype: T,
  name: keyof T,
  note: (self: T, args: readonly unknown[]) => void,
): void {
  const original = prototype[name] as Method;
  const noting = function (this: T, ...args: unknown[]): unknown {
    note(this, args);
    return original.apply(this, args);
  };
  prototype[name] = noting as T[keyof T];
}
