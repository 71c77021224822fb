import type dgram from 'node:dgram';

interface Handle {
  recvStop?(): number;
}

/**
 * Takes no more datagrams: those that come go to the other workers, or to the next one here. The socket stays open, so
 * that answers which are being worked on can be sent, and does not hold the event loop.
 */
export function stopReceiving(socket: dgram.Socket): void {
  if (!isBound(socket)) {
    socket.once('listening', () => stopReceiving(socket));
    return;
  }
  const handle = handleOf(socket);
  if (handle?.recvStop) {
    handle.recvStop();
    socket.unref();
  } else {
    socket.close();
    // A second close throws; its owner cannot know that there was a first.
    socket.close = () => socket;
  }
}

export function isBound(socket: dgram.Socket): boolean {
  try {
    socket.address();
    return true;
  } catch {
    return false;
  }
}

// Node has no public way to stop receiving and stay bound.
function handleOf(socket: dgram.Socket): Handle | undefined {
  for (const symbol of Object.getOwnPropertySymbols(socket)) {
    if (symbol.description !== 'state symbol') continue;
    return (socket as unknown as Record<symbol, { handle?: Handle } | undefined>)[symbol]?.handle;
  }
  return undefined;
}
