import dgram from 'node:dgram';
import type { RawHandle } from '../common/raw-handle';

interface DatagramHandle extends RawHandle {
  lookup?: unknown;
  bind?: unknown;
  send?: unknown;
  onmessage?: unknown;
  onerror?: unknown;
  recvStart?(): number;
  recvStop?(): number;
  hasRef?(): boolean;
  unref?(): void;
}

interface State {
  handle?: (DatagramHandle & Record<symbol, unknown>) | null;
}

/** Closes the socket under one that goes on to look as if it were bound: what it sends meanwhile comes from another port. */
export function vacateDatagramHandle(socket: dgram.Socket): void {
  const { type } = socket as unknown as { type: dgram.SocketType };
  const spare = stateOf(dgram.createSocket(type))?.handle;
  if (!spare) return;
  const name = {};
  const errno = stateOf(socket)?.handle?.getsockname?.(name) ?? 0;
  spare.getsockname = (out) => {
    Object.assign(out, name);
    return errno;
  };
  put(socket, spare);
}

/** From now on the socket receives from this one. */
export function replaceDatagramHandle(socket: dgram.Socket, handle: RawHandle): number {
  put(socket, handle as DatagramHandle & Record<symbol, unknown>);
  return (handle as DatagramHandle).recvStart?.() ?? 0;
}

function put(socket: dgram.Socket, next: DatagramHandle & Record<symbol, unknown>): void {
  const state = stateOf(socket);
  const before = state?.handle;
  if (!state || !before) {
    next.close();
    return;
  }
  for (const symbol of Object.getOwnPropertySymbols(before)) {
    if (symbol.description === 'owner_symbol') next[symbol] = before[symbol];
  }
  const { lookup, bind, send, onmessage, onerror } = before;
  Object.assign(next, { lookup, bind, send, onmessage, onerror });
  state.handle = next;
  if (before.hasRef?.() === false) next.unref?.();
  before.close();
}

function stateOf(socket: dgram.Socket): State | undefined {
  const symbol = Object.getOwnPropertySymbols(socket).find(
    ({ description }) => description === 'state symbol',
  );
  return symbol && (socket as unknown as Record<symbol, State | undefined>)[symbol];
}
