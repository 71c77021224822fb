/**
 * Sends descriptors over a unix socket. Node only offers that on the channel between parent and child, but the pipe underneath
 * does it for any unix socket that was opened in IPC mode. Only this file knows how to do that. Nothing that it uses
 * has changed from Node 20 to 26.
 *
 * - The client creates such a pipe and connects with it.
 * - The server gets a plain pipe from Node, which is good for reading. To send, a second pipe is opened on the same descriptor.
 *   It writes only once, while the plain one does not read, and is never closed: the plain one owns the descriptor.
 */
import net from 'node:net';
import { getSystemErrorName } from 'node:util';
import { ServerEngineError } from '../common/errors';
import type { RawHandle } from '../common/raw-handle';
import { hasMethods, mustHave, type Internal } from './shape';

interface WriteRequest {
  handle?: unknown;
}

/** Node's own object behind a unix socket. */
interface RawPipe extends RawHandle {
  readonly fd: number;
  reading: boolean;
  /** A descriptor that came with the last data. */
  pendingHandle?: RawHandle | null;
  open(fd: number): number;
  readStop(): number;
  unref(): void;
  writeUtf8String(request: WriteRequest | null, text: string, handle?: RawHandle): unknown;
}

type PipeClass = new (kind: number) => RawPipe;

interface SocketInternals {
  readonly _handle: RawPipe | null;
}

export const PIPE: Internal = {
  name: 'net.Socket#_handle of a unix socket (Pipe)',
  kind: 'private',
  expected:
    'made by new Pipe(2) for descriptors, with open, readStop, unref, pendingHandle, and writeUtf8String(request, text, handle)',
  usedFor: 'passes descriptors over the unix socket of a socket manager',
  without: 'Socket managers do not work. Use listenTcp and listenUdp of the server.',
};

/** Node's kinds of pipes: 0 is a plain socket, 1 a listening one, 2 one that passes descriptors. */
const IPC = 2;

// A path where nothing can listen, and connecting changes nothing.
const NOWHERE = '/dev/null/nowhere';

let knownClass: PipeClass | undefined;

/** Node does not export the class, but every unix socket has an instance, even while it only tries to connect. */
function pipeClass(): PipeClass {
  if (knownClass) return knownClass;
  const probe = net.connect(NOWHERE);
  probe.on('error', () => {});
  const pipe = (probe as unknown as SocketInternals)._handle;
  probe.destroy();
  mustHave(PIPE, isPipe(pipe));
  knownClass = (pipe as RawPipe).constructor as PipeClass;
  return knownClass;
}

function isPipe(pipe: RawPipe | null): boolean {
  return hasMethods(pipe, 'open', 'readStop', 'unref', 'writeUtf8String');
}

/** A connection that can bring a descriptor. */
export interface HandleReceiver {
  readonly socket: net.Socket;
  /** The descriptor that came with the data. The caller owns it from now on. */
  takeHandle(): RawHandle | undefined;
}

export function connectForHandle(path: string): HandleReceiver {
  const pipe = new (pipeClass())(IPC);
  // Without manualStart Node would start to read before the socket is connected.
  const options: object = { handle: pipe, manualStart: true };
  const socket = new net.Socket(options);
  socket.connect({ path });
  return {
    socket,
    takeHandle: () => {
      const handle = pipe.pendingHandle ?? undefined;
      pipe.pendingHandle = null;
      return handle;
    },
  };
}

// A sender is never closed, because that would close the descriptor twice. The next connection with the same number takes
// it over, so there are never more senders than there were connections at the same time.
const senders = new Map<number, RawPipe>();

function senderFor(pipe: RawPipe): RawPipe {
  const known = senders.get(pipe.fd);
  if (known) return known;
  const sender = new (pipe.constructor as PipeClass)(IPC);
  const errno = sender.open(pipe.fd);
  if (errno < 0) throw cannot(`opening the connection gave ${getSystemErrorName(errno)}`);
  sender.unref();
  senders.set(pipe.fd, sender);
  return sender;
}

/**
 * Sends a text and a descriptor over an accepted connection, then closes it. Nothing may have been written to the
 * connection before: then a short text goes out at once, and the sender has nothing to wait for.
 * @throws ServerEngineError when this version of Node cannot do it.
 */
export function endWithHandle(socket: net.Socket, text: string, handle: RawHandle): void {
  const pipe = (socket as unknown as SocketInternals)._handle;
  if (!pipe) return;
  socket.pause();
  pipe.readStop();
  pipe.reading = false;
  const sender = senderFor(pipe);
  pipe.writeUtf8String = (request, data) => {
    const result = sender.writeUtf8String(request, data, handle);
    // Node would put the descriptor's object there, and later look for the stream in it.
    if (request) request.handle = pipe;
    return result;
  };
  socket.end(text, 'utf8', () => socket.destroy());
}

function cannot(why: string): ServerEngineError {
  return new ServerEngineError(
    'ERR_SOCKET',
    `Node ${process.versions.node} cannot pass sockets between processes: ${why}. ` +
      `Use listenTcp and listenUdp of the server, which do not need it.`,
  );
}
