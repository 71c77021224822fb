import dgram from 'node:dgram';
import net from 'node:net';

export interface ListeningWatcher {
  /** A server is about to be told to listen. */
  readonly onListen: (server: net.Server) => void;
  /** It threw. */
  readonly onThrow: (server: net.Server) => void;
  /** A socket is about to be bound, to receive. */
  readonly onBind?: (socket: dgram.Socket) => void;
  /** That threw. */
  readonly onBindThrow?: (socket: dgram.Socket) => void;
}

/**
 * Notes every server and datagram socket of this process that begins to listen, whichever library made it: all of them
 * end in these two methods. Returns what ends that.
 */
export function watchListening({ onListen, onThrow, onBind, onBindThrow }: ListeningWatcher): () => void {
  const undoListen = around(net.Server.prototype, 'listen', onListen, onThrow);
  if (!onBind) return undoListen;
  const undoBind = around(
    dgram.Socket.prototype,
    'bind',
    (socket, args) => {
      if (!isForSending(args[0])) onBind(socket);
    },
    (socket) => onBindThrow?.(socket),
  );
  return () => {
    undoListen();
    undoBind();
  };
}

/** A socket that only sends, as of a metrics client, is bound by Node itself. What it asked for it must still receive. */
function isForSending(options: unknown): boolean {
  if (typeof options !== 'object' || options === null) return false;
  const { port, exclusive } = options as { port?: unknown; exclusive?: unknown };
  return port === 0 && exclusive === true;
}

type Method = (...args: unknown[]) => unknown;

function around<T extends object>(
  prototype: T,
  name: keyof T,
  before: (self: T, args: readonly unknown[]) => void,
  onThrow: (self: T) => void,
): () => void {
  const original = prototype[name] as Method;
  const noting = function (this: T, ...args: unknown[]): unknown {
    before(this, args);
    try {
      return original.apply(this, args);
    } catch (error) {
      onThrow(this);
      throw error;
    }
  };
  prototype[name] = noting as T[keyof T];
  return () => {
    // Somebody may have put his own around ours.
    if (prototype[name] === noting) prototype[name] = original as T[keyof T];
  };
}
