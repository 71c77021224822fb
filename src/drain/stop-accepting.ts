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

/** Closes the listening socket, now or as soon as there is one. The connections live on. */
export function stopAccepting(server: net.Server): void {
  closeGently(server);
  if (server.listening) close(server);
  // It still waits for its socket: listen() cannot be taken back.
  else server.once('listening', () => close(server));
}

function close(server: net.Server): void {
  if (server.listening) server.close();
}

/**
 * From now on close(), by whomever it is called, does no more than to accept nothing. http's own, and frameworks by
 * closeIdleConnections(), also destroy what is idle for Node: answers that are still being written, requests that have
 * arrived but were not read yet. And http's own stops the timers against clients that never finish their request. That of
 * HTTP/2 in later versions of Node refuses streams that are under way.
 */
export function closeGently(server: net.Server): void {
  if (GENTLE.has(server)) return;
  GENTLE.add(server);
  const hasDrain = isHttp(server) || isHttp2(server);
  replaceClose(server, (before) => {
    const own: Close = hasDrain ? (...args) => closeListeningSocket(server, ...args) : before;
    return (callback) => {
      if (typeof callback !== 'function') return own();
      // We closed it before its owner did, who is not to be told that it was not running.
      return own(forgiveSecondClose(callback));
    };
  });
  if (isHttp(server)) keepIdleConnections(server);
}
