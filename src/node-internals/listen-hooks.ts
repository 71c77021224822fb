import dgram from 'node:dgram';
import net from 'node:net';
import { mustHave, type Internal } from './shape';

export const LISTEN: Internal = {
  name: 'net.Server.prototype.listen',
  kind: 'patch',
  expected: 'every server of net, tls, http and https calls it to listen',
  usedFor:
    'shares sockets that are opened with exclusive, adds reusePort, records the servers that a stop must close',
  without: 'A stop does not close and drain the servers of a worker.',
};

export const BIND: Internal = {
  name: 'dgram.Socket.prototype.bind',
  kind: 'patch',
  expected: 'every datagram socket calls it to bind',
  usedFor: 'gives a socket without a chosen port its own port, records the sockets that a stop must close',
  without: 'Answers to a datagram socket of one worker may go to another one.',
};

export type Method = (...args: unknown[]) => unknown;

/** Runs instead of a method: gets the object, the arguments, and the original method. */
export type Around<T> = (self: T, args: readonly unknown[], method: Method) => unknown;

/** For every server of this process. Returns the function that undoes it. @throws ServerEngineError */
export function aroundListen(around: Around<net.Server>): () => void {
  return aroundMethod(LISTEN, net.Server.prototype, 'listen', around);
}

/** For every datagram socket of this process. Returns the function that undoes it. @throws ServerEngineError */
export function aroundBind(around: Around<dgram.Socket>): () => void {
  return aroundMethod(BIND, dgram.Socket.prototype, 'bind', around);
}

function aroundMethod<T extends object>(
  internal: Internal,
  prototype: T,
  name: keyof T,
  around: Around<T>,
): () => void {
  const original = prototype[name] as Method;
  mustHave(internal, typeof original === 'function');
  const changed = function (this: T, ...args: unknown[]): unknown {
    return around(this, args, (...given) => original.apply(this, given));
  };
  prototype[name] = changed as T[keyof T];
  return () => {
    // Other code may have wrapped our function since.
    if (prototype[name] === changed) prototype[name] = original as T[keyof T];
  };
}
