/**
 * Descriptors over a unix socket. Node passes them only along the channel between parent and child, though the pipe
 * underneath does it for any unix socket that it was told to treat so (IPC). The only file that knows how to tell it;
 * nothing of it has changed from Node 20 to 26.
 *
 * - Who connects makes such a pipe at once, and connects with it.
 * - Who accepts gets a plain one from Node, good for reading. To send, a second pipe is laid over the same descriptor.
 *   It only writes, once, while the plain one does not read, and it never closes: the plain one owns the descriptor.
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
  /** A descriptor that came with what was read last. */
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

/** Of Node's kinds of pipes: 0 is a plain socket, 1 a listening one. */
const IPC = 2;

// No connection can come of it, and nothing is touched.
const NOWHERE = '/dev/null/nowhere';

let knownClass: PipeClass | undefined;

/** Node does not export it, but every unix socket has one, also while it only tries to connect. */
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
  /** The descriptor that came with what was read. It is the caller's from now on. */
  takeHandle(): RawHandle | undefined;
}

export function connectForHandle(path: string): HandleReceiver {
  const pipe = new (pipeClass())(IPC);
  // Without manualStart Node would begin to read before it is connected.
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

// A sender never closes, as that would close the descriptor twice; but the next connection with the same number takes
// it over. So there are never more of them than connections at the same time.
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
 * Sends a text and a descriptor with it over an accepted connection, then closes it. Nothing may have been written to
 * it before: a short text then goes out at once, and the sender has nothing left to wait for.
 * @throws ServerEngineError when this Node cannot do it.
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
    // Node puts the descriptor's object there, and would look for the stream in it.
    if (request) request.handle = pipe;
    return result;
  };
  socket.end(text, 'utf8', () => socket.destroy());
}

function cannot(why: string): ServerEngineError {
  return new ServerEngineError(
    'ERR_SOCKET',
    `Node ${process.versions.node} cannot pass sockets between processes: ${why}. ` +
      `Use listenTcp and listenUdp of the server, which need none of this.`,
  );
}
