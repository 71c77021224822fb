import dgram from 'node:dgram';
import net from 'node:net';
import type { RawHandle } from '../sockets/held-socket';
import { acceptFrom, giveHandle } from '../node-internals/listening-handle';
import { rememberHandle } from '../sockets/socket-descriptor';
import { whenUsed } from '../sockets/when-used';

const BACKLOG = 511;

/** A server on a socket of another process. It begins to accept with its first listener. */
export function receivedServer(handle: RawHandle): net.Server {
  const server = net.createServer();
  giveHandle(server, handle);
  rememberHandle(server, handle);
  whenUsed(server, 'connection', () => acceptFrom(server, handle, BACKLOG));
  return server;
}

/** A datagram socket of another process. It begins to read with its first listener. */
export function receivedDatagrams(handle: RawHandle): dgram.Socket {
  const name: { family?: string } = {};
  handle.getsockname?.(name);
  const socket = dgram.createSocket(name.family === 'IPv6' ? 'udp6' : 'udp4');
  rememberHandle(socket, handle);
  const closeUnused = (): void => handle.close();
  // Bound already, but Node's object does not know it until it reads.
  Object.defineProperty(socket, 'address', { configurable: true, value: () => name });
  socket.once('close', closeUnused);
  whenUsed(socket, 'message', () => {
    socket.off('close', closeUnused);
    Reflect.deleteProperty(socket, 'address');
    // Undocumented, but it is how Node's own cluster does it.
    socket.bind(handle as never);
  });
  return socket;
}
