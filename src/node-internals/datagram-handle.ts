import dgram from 'node:dgram';
import type { RawHandle } from '../common/raw-handle';
import { ownerSymbol } from './listening-handle';
import { hasMethods, mustHave, warnUnlessThere, type Internal } from './shape';

/** What a dgram.Socket has as soon as it exists. */
export interface DatagramHandle extends RawHandle {
  readonly bind: (address: string, port: number, flags: number) => number;
  open(fd: number): number;
  lookup?: unknown;
  send?: unknown;
  onmessage?: unknown;
  onerror?: unknown;
  recvStart?(): number;
  recvStop?(): number;
  hasRef?(): boolean;
  unref?(): void;
}

type OwnedHandle = DatagramHandle & Record<symbol, unknown>;

interface State {
  handle?: OwnedHandle | null;
}

export const DATAGRAM_STATE: Internal = {
  name: "dgram.Socket's symbol 'state symbol'",
  kind: 'private',
  expected: 'an object whose handle has bind, open, close, send, recvStart and recvStop',
  usedFor:
    'holds datagram sockets without reading them, stops receiving while sending goes on, moves them to another address',
  without: 'Datagram sockets cannot be shared. Bind them with exclusive: true and a port of their own.',
};

/** A new handle that is not bound. @throws ServerEngineError */
export function newDatagramHandle(type: dgram.SocketType): DatagramHandle {
  const handle = stateOf(dgram.createSocket(type))?.handle;
  mustHave(DATAGRAM_STATE, isWhole(handle));
  return handle as DatagramHandle;
}

/** From now on the socket only sends, and does not keep the event loop alive. Returns false if this version of Node cannot do that. */
export function stopReading(socket: dgram.Socket): boolean {
  const handle = stateOf(socket)?.handle;
  if (!warnUnlessThere(DATAGRAM_STATE, isWhole(handle))) return false;
  handle?.recvStop?.();
  socket.unref();
  return true;
}

/**
 * Closes the socket underneath, while the dgram.Socket still looks bound. What it sends meanwhile comes from another port.
 * Returns false if it cannot be moved: then nothing has changed.
 */
export function vacateDatagramHandle(socket: dgram.Socket): boolean {
  const before = stateOf(socket)?.handle;
  if (!before || !warnUnlessThere(DATAGRAM_STATE, isWhole(before) && ownerSymbol(before) !== undefined)) {
    return false;
  }
  const { type } = socket as unknown as { type: dgram.SocketType };
  const spare = newDatagramHandle(type);
  const name = {};
  const errno = before.getsockname?.(name) ?? 0;
  spare.getsockname = (out) => {
    Object.assign(out, name);
    return errno;
  };
  put(socket, spare);
  return true;
}

/** From now on the socket receives from this handle. Returns 0, or a negative errno. */
export function replaceDatagramHandle(socket: dgram.Socket, handle: RawHandle): number {
  put(socket, handle as DatagramHandle);
  return (handle as DatagramHandle).recvStart?.() ?? 0;
}

function put(socket: dgram.Socket, handle: DatagramHandle): void {
  const state = stateOf(socket);
  const before = state?.handle;
  if (!state || !before) {
    handle.close();
    return;
  }
  const owner = ownerSymbol(before);
  const { lookup, bind, send, onmessage, onerror } = before;
  const next = Object.assign(handle as OwnedHandle, { lookup, bind, send, onmessage, onerror });
  if (owner) next[owner] = before[owner];
  state.handle = next;
  if (before.hasRef?.() === false) next.unref?.();
  before.close();
}

function isWhole(handle: DatagramHandle | null | undefined): boolean {
  return hasMethods(handle, 'bind', 'open', 'close', 'send', 'recvStart', 'recvStop');
}

function stateOf(socket: dgram.Socket): State | undefined {
  const symbol = Object.getOwnPropertySymbols(socket).find(
    ({ description }) => description === 'state symbol',
  );
  return symbol && (socket as unknown as Record<symbol, State | undefined>)[symbol];
}
