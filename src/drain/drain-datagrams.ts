import type dgram from 'node:dgram';
import { stopReading } from '../node-internals/datagram-handle';
import { closeForOwner } from '../node-internals/server-hooks';

/**
 * Takes no more datagrams: those that come go to the other workers, or to the next one here. The socket stays open, so
 * that answers which are being worked on can be sent, and does not hold the event loop.
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
