import type dgram from 'node:dgram';
import type http from 'node:http';
import net from 'node:net';
import { hasMethods, mustHave, type Internal } from './shape';

export const SERVER_CLOSE: Internal = {
  name: 'net.Server.prototype.close',
  kind: 'patch',
  expected: 'closes the listening socket and leaves the connections alone',
  usedFor:
    'closes HTTP servers of a draining worker without the side effects of http: destroyed connections, stopped timers',
  without: 'A stop may cut answers that are still being written.',
};

export const EMIT_ERROR: Internal = {
  name: "net.Server#emit of 'error'",
  kind: 'patch',
  expected: 'called on the server itself, in the same turn as the answer, when a listen() has failed',
  usedFor: 'makes the error of a shared listen() read like that of a single process',
  without: 'A port that is taken reads "bind EADDRINUSE null:8080" in a worker.',
};

export type Close = (callback?: (error?: Error) => void) => net.Server;

/** Closes the listening socket of any server, and nothing else. */
export function closeListeningSocket(server: net.Server, ...args: Parameters<Close>): net.Server {
  mustHave(SERVER_CLOSE, hasMethods(net.Server.prototype, 'close'));
  return net.Server.prototype.close.apply(server, args);
}

/** From now on this is the server's close(). `make` gets the previous one. */
export function replaceClose(server: net.Server, make: (before: Close) => Close): void {
  server.close = make(server.close.bind(server));
}

/** From now on no code can make Node destroy the idle connections of the server. */
export function keepIdleConnections(server: http.Server): void {
  server.closeIdleConnections = () => {};
}

/** Wraps the callback of a close() that may be the second one: then it is no error that the server is not running. */
export function forgiveSecondClose(callback: (error?: Error) => void): (error?: Error) => void {
  return (error) => {
    const isSecond = error && 'code' in error && error.code === 'ERR_SERVER_NOT_RUNNING';
    callback(isSecond ? undefined : error);
  };
}

/** Closes the socket. Its owner cannot know that, so the owner's own close() does nothing from now on, instead of throwing. */
export function closeForOwner(socket: dgram.Socket): void {
  socket.close();
  socket.close = () => socket;
}

/** Passes each error that the server emits while `act` runs to `before`, which may change it. */
export function whileErrorsAreEmitted(
  server: net.Server,
  before: (error: unknown) => void,
  act: () => void,
): void {
  const own = Object.getOwnPropertyDescriptor(server, 'emit');
  const emit = server.emit.bind(server) as (...args: unknown[]) => boolean;
  const emitChanged = (event: string, ...args: unknown[]): boolean => {
    if (event === 'error') before(args[0]);
    return emit(event, ...args);
  };
  Object.defineProperty(server, 'emit', { value: emitChanged, configurable: true, writable: true });
  try {
    act();
  } finally {
    if (own) Object.defineProperty(server, 'emit', own);
    else Reflect.deleteProperty(server, 'emit');
  }
}
