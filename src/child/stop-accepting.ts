import net from 'node:net';
import { isHttp } from './drain-http';

type Close = (callback?: (error?: Error) => void) => net.Server;

const FORGIVING = new WeakSet<net.Server>();

/** Closes the listening socket, now or as soon as there is one. The connections live on. */
export function stopAccepting(server: net.Server): void {
  forgiveSecondClose(server);
  if (server.listening) close(server);
  // It still waits for its socket: listen() cannot be taken back.
  else server.once('listening', () => close(server));
}

function close(server: net.Server): void {
  if (!server.listening) return;
  // http's own close() also destroys what it takes to be idle: answers that are still being written, requests that
  // have arrived but were not read yet. And it stops the timers against clients that never finish their request.
  if (isHttp(server)) net.Server.prototype.close.call(server);
  else server.close();
}

/** We closed it before its owner did, who is not to be told that it was not running. */
function forgiveSecondClose(server: net.Server): void {
  if (FORGIVING.has(server)) return;
  FORGIVING.add(server);
  const original: Close = server.close.bind(server);
  const forgiving: Close = (callback) => {
    if (typeof callback !== 'function') return original();
    return original((error) => callback(isNotRunning(error) ? undefined : error));
  };
  server.close = forgiving;
}

function isNotRunning(error: Error | undefined): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === 'ERR_SERVER_NOT_RUNNING';
}
