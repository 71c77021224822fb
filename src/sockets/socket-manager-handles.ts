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
import type { RawHandle } from './held-socket';

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

interface ServerInternals {
  _handle: RawHandle | null;
  _listen2(address: string | null, port: number, addressType: number, backlog: number): void;
}

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
  if (!pipe) throw cannot('it has no object behind a unix socket');
  knownClass = pipe.constructor as PipeClass;
  probe.destroy();
  return knownClass;
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

/** Makes a server accept from a handle. Node's own listen() would ask the parent process for one instead. */
export function acceptFrom(server: net.Server, handle: RawHandle, backlog: number): void {
  const internals = server as unknown as ServerInternals;
  const name: { address?: string; port?: number } = {};
  handle.getsockname?.(name);
  internals._handle = handle;
  internals._listen2(name.address ?? null, name.port ?? -1, -1, backlog);
}

/** The handle that a server accepts from. */
export function handleOf(server: net.Server): RawHandle | undefined {
  return (server as unknown as ServerInternals)._handle ?? undefined;
}

/** Gives a server its handle, so that it has an address and closes it, without accepting. */
export function giveHandle(server: net.Server, handle: RawHandle): void {
  (server as unknown as ServerInternals)._handle = handle;
}

function cannot(why: string): ServerEngineError {
  return new ServerEngineError(
    'ERR_SOCKET',
    `Node ${process.versions.node} cannot pass sockets between processes: ${why}. ` +
      `Use listenTcp and listenUdp of the server, which need none of this.`,
  );
}
