import type cluster from 'node:cluster';
import { hasMethods, mustHave, type Internal } from './shape';

/** How Node's cluster child asks the process above for the socket of a listen() or bind(). */
export type GetServer = (asker: object, options: object, callback: (...answer: unknown[]) => void) => void;

export const GET_SERVER: Internal = {
  name: 'cluster._getServer',
  kind: 'private',
  expected: 'a function of the asking server, its options, and a callback with errno and handle',
  usedFor:
    'shares the sockets of process workers; keeps a worker alive until its request for a socket is answered',
  without: 'Each process worker opens a socket of its own, and all but the first get EADDRINUSE.',
};

interface Internals {
  _getServer?: GetServer;
}

export function asksForSockets(child: typeof cluster): boolean {
  return hasMethods(child, '_getServer');
}

/** Wraps the function that asks for sockets. @throws ServerEngineError */
export function aroundQuestions(
  child: typeof cluster,
  around: (ask: GetServer, ...question: Parameters<GetServer>) => void,
): void {
  const internals = child as Internals;
  const { _getServer: ask } = internals;
  mustHave(GET_SERVER, asksForSockets(child));
  internals._getServer = (...question) => around((...args) => ask?.apply(child, args), ...question);
}
