import type dgram from 'node:dgram';
import { stopReading } from '../node-internals/datagram-handle';
import { closeForOwner } from '../node-internals/server-hooks';

/**
 * Stops receiving datagrams: new ones go to the other workers, or to the next worker here. The socket stays open, so
 * that answers to earlier datagrams can be sent, but it does not keep the event loop alive.
 */
export function stopReceiving(socket: dgram.Socket): void {
  if (!isBound(socket)) {
    socket.once('listening', () => stopReceiving(socket));
    return;
  }
  if (!stopReading(socket)) closeForOwner(socket);
}

export function isBound(socket: dgram.Socket): boolean {
  try {
    socket.address();
    return true;
  } catch {
    return false;
  }
}
