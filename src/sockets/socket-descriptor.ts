import type dgram from 'node:dgram';
import net from 'node:net';
import { listeningHandle } from '../node-internals/listening-handle';
import type { RawHandle } from './held-socket';

interface WithDescriptor {
  /** Negative: closed. */
  readonly fd?: number;
}

const HANDLES = new WeakMap<object, RawHandle & WithDescriptor>();

/** Records the handle of a socket that nothing in this process may be reading yet. */
export function rememberHandle(socket: net.Server | dgram.Socket, handle: RawHandle): void {
  HANDLES.set(socket, handle);
}

/** The number of a socket's descriptor in this process; undefined if it has none (any more). */
export function descriptorNumber(socket: object): number | undefined {
  const fd = (HANDLES.get(socket) ?? ownHandle(socket))?.fd;
  return fd !== undefined && fd >= 0 ? fd : undefined;
}

export function isOpen(handle: RawHandle & WithDescriptor): boolean {
  return handle.fd === undefined || handle.fd >= 0;
}

/** For a server that the user has opened. Access to the handle of a dgram.Socket is deprecated. */
function ownHandle(socket: object): WithDescriptor | undefined {
  return socket instanceof net.Server ? (listeningHandle(socket) as WithDescriptor | undefined) : undefined;
}
