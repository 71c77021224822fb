import type net from 'node:net';
import {
  forgiveSecondClose,
  closeListeningSocket,
  keepIdleConnections,
  replaceClose,
  type Close,
} from '../node-internals/server-hooks';
import { isHttp } from './drain-http';
import { isHttp2 } from './drain-http2';

const GENTLE = new WeakSet<net.Server>();

/** Closes the listening socket, now or as soon as there is one. Open connections are not touched. */
export function stopAccepting(server: net.Server): void {
  closeGently(server);
  if (server.listening) close(server);
  // The server still waits for its socket: a listen() cannot be taken back.
  // Its owner hears first that it listens: some ask for the address then, and wait forever if there is none.
  else server.once('listening', () => setImmediate(() => close(server)));
}

function close(server: net.Server): void {
  if (server.listening) server.close();
}

/**
 * From now on close() only stops accepting, no matter what calls it. http's own close(), and frameworks that call
 * closeIdleConnections(), also destroy what Node takes for idle: connections whose answer is still being written, or
 * whose request has arrived but was not read yet. http's own close() also stops the timers against clients that never
 * finish their request. In later versions of Node, that of HTTP/2 refuses streams that are on their way.
 */
export function closeGently(server: net.Server): void {
  if (GENTLE.has(server)) return;
  GENTLE.add(server);
  const hasDrain = isHttp(server) || isHttp2(server);
  replaceClose(server, (before) => {
    const own: Close = hasDrain ? (...args) => closeListeningSocket(server, ...args) : before;
    return (callback) => {
      if (typeof callback !== 'function') return own();
      // We closed it before its owner did: the owner must not get the error that it was not running.
      return own(forgiveSecondClose(callback));
    };
  });
  if (isHttp(server)) keepIdleConnections(server);
}
