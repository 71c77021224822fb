import type dgram from 'node:dgram';
import type net from 'node:net';
import { aroundBind, aroundListen } from '../node-internals/listen-hooks';

export interface ListeningWatcher {
  /** A server is about to listen. */
  readonly onListen: (server: net.Server) => void;
  /** Its listen() threw. */
  readonly onThrow: (server: net.Server) => void;
  /** A socket is about to be bound, to receive. */
  readonly onBind?: (socket: dgram.Socket) => void;
  /** Its bind() threw. */
  readonly onBindThrow?: (socket: dgram.Socket) => void;
}

/**
 * Watches every server and datagram socket of this process that begins to listen, whichever library made it: all of
 * them use these two methods. Returns a function that ends that.
 */
export function watchListening({ onListen, onThrow, onBind, onBindThrow }: ListeningWatcher): () => void {
  const undoListen = aroundListen((server, args, listen) => {
    onListen(server);
    return orTell(
      () => listen(...args),
      () => onThrow(server),
    );
  });
  if (!onBind) return undoListen;
  const undoBind = aroundBind((socket, args, bind) => {
    if (!isForSending(args[0])) onBind(socket);
    return orTell(
      () => bind(...args),
      () => onBindThrow?.(socket),
    );
  });
  return () => {
    undoListen();
    undoBind();
  };
}

/**
 * Node itself binds a socket that only sends, such as that of a metrics client. Such a socket must still receive the
 * answers.
 */
function isForSending(options: unknown): boolean {
  if (typeof options !== 'object' || options === null) return false;
  const { port, exclusive } = options as { port?: unknown; exclusive?: unknown };
  return port === 0 && exclusive === true;
}

function orTell(act: () => unknown, onThrow: () => void): unknown {
  try {
    return act();
  } catch (error) {
    onThrow();
    throw error;
  }
}
