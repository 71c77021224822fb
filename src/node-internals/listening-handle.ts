import net from 'node:net';
import type { RawHandle } from '../common/raw-handle';
import { hasMethods, mustHave, warnUnlessThere, type Internal } from './shape';

interface ListeningHandle extends RawHandle {
  readStart?(): number;
  readStop?(): number;
  onconnection?: unknown;
  ref?(): void;
  unref?(): void;
  hasRef?(): boolean;
}

type OwnedHandle = ListeningHandle & Record<symbol, unknown>;

interface Internals {
  _handle?: OwnedHandle | null;
  _listen2?(address: string | null, port: number, addressType: number, backlog: number): void;
}

/** Where a server is about to listen, as Node has understood it: names of hosts are looked up by now. */
interface ListenPlace {
  readonly address?: unknown;
  readonly port?: unknown;
  readonly addressType?: unknown;
  readonly fd?: unknown;
  readonly flags?: unknown;
}

export const SERVER_HANDLE: Internal = {
  name: 'net.Server#_handle',
  kind: 'private',
  expected: 'null, or an object with close, getsockname, listen, onconnection and the symbol owner_symbol',
  usedFor:
    'moves a server to another address, takes sockets of a socket manager, numbers descriptors for spawn workers',
  without: 'Older workers keep a port at its old address until they have ended.',
};

export const SERVER_LISTEN2: Internal = {
  name: 'net.Server#_listen2',
  kind: 'private',
  expected: "a function that starts to listen on the server's handle",
  usedFor:
    'accepts from a socket that came from a socket manager, that the status server has bound, or that an embedded worker has left',
  without: 'Socket managers and the status server do not work. Use listenTcp and listenUdp of the server.',
};

export const ACCEPT_PAUSE: Internal = {
  name: 'readStart and readStop of a listening handle',
  kind: 'private',
  expected: 'functions that start and stop watching the descriptor, and leave it open',
  usedFor: 'lets a worker pause accepting on a shared socket (acceptBalance)',
  without: 'The key acceptBalance has no effect.',
};

const OWNER = 'owner_symbol';

// Node's own default. A raw handle has a backlog of 0, with which the system would queue only one connection.
const BACKLOG = 511;

/** The handle of a server that accepts, or that was given one. */
export function listeningHandle(server: net.Server): RawHandle | undefined {
  return internalsOf(server)._handle ?? undefined;
}

/** Gives a server its handle without accepting: the server then has an address, and closes the handle. */
export function giveHandle(server: net.Server, handle: RawHandle): void {
  mustHave(SERVER_HANDLE, '_handle' in server);
  internalsOf(server)._handle = handle as OwnedHandle;
}

/** Makes a server accept from a handle. Node's own listen() would ask the parent process for a handle instead. */
export function acceptFrom(server: net.Server, handle: RawHandle, backlog: number): void {
  const internals = internalsOf(server);
  mustHave(SERVER_LISTEN2, hasMethods(server, '_listen2'));
  const name: { address?: string; port?: number } = {};
  handle.getsockname?.(name);
  giveHandle(server, handle);
  internals._listen2?.(name.address ?? null, name.port ?? -1, -1, backlog);
}

/**
 * Calls `around` when a server of this process is about to listen, on the handle that it has then or on a new one. Returns the
 * function that undoes it. @throws ServerEngineError
 */
export function aroundBeginning(
  around: (server: net.Server, place: ListenPlace, listen: () => void) => void,
): () => void {
  const prototype = net.Server.prototype as unknown as Internals;
  // eslint-disable-next-line typescript/unbound-method -- it is put back as it was
  const { _listen2: original } = prototype;
  mustHave(SERVER_LISTEN2, hasMethods(prototype, '_listen2'));
  const changed = function (this: net.Server, ...args: readonly unknown[]): void {
    const [address, port, addressType, , fd, flags] = args;
    around(this, { address, port, addressType, fd, flags }, () => {
      Reflect.apply(original as () => void, this, args);
    });
  };
  prototype._listen2 = changed;
  return () => {
    // Other code may have wrapped our function since.
    if (prototype._listen2 === changed && original) prototype._listen2 = original;
  };
}

/**
 * Stops accepting and keeps the socket open: the connections in its queue are for the other processes that share it. A second call
 * does nothing. Returns false if accepting goes on, because the server opened its socket itself or this version of Node differs.
 */
export function pauseAccepting(server: net.Server): boolean {
  const { _handle: handle } = internalsOf(server);
  if (!handle || !warnUnlessThere(ACCEPT_PAUSE, hasMethods(handle, 'readStart', 'readStop'))) return false;
  // A listening handle is never read, but the same poll watches it, and only readStop() ends that poll.
  // Stop first: starting twice is an error.
  handle.readStop?.();
  return handle.readStart?.() === 0 && handle.readStop?.() === 0;
}

/** Ends a pause. Another listen() would change the backlog; this does not. */
export function resumeAccepting(server: net.Server): void {
  internalsOf(server)._handle?.readStart?.();
}

/**
 * Closes the socket underneath, while the server still looks as if it listens. Returns false if it cannot be moved: then nothing
 * has changed.
 */
export function vacateListeningHandle(server: net.Server): boolean {
  const internals = internalsOf(server);
  const { _handle: handle } = internals;
  if (!handle || !warnUnlessThere(SERVER_HANDLE, isMovable(handle))) return false;
  const name = {};
  const errno = handle.getsockname?.(name) ?? 0;
  let isHeld = handle.hasRef?.() ?? true;
  const standIn: OwnedHandle = {
    ...ownedBy(handle),
    onconnection: handle.onconnection,
    getsockname: (out) => {
      Object.assign(out, name);
      return errno;
    },
    listen: () => 0,
    close: () => {},
    ref: () => {
      isHeld = true;
    },
    unref: () => {
      isHeld = false;
    },
    hasRef: () => isHeld,
  };
  internals._handle = standIn;
  handle.close();
  return true;
}

/** From now on the server accepts from this handle. Returns 0, or a negative errno: then it accepts nothing. */
export function replaceListeningHandle(server: net.Server, handle: RawHandle, backlog = 0): number {
  const internals = internalsOf(server);
  const { _handle: before } = internals;
  if (!before) {
    handle.close();
    return 0;
  }
  const next = Object.assign(handle as OwnedHandle, ownedBy(before), { onconnection: before.onconnection });
  internals._handle = next;
  if (before.hasRef?.() === false) next.unref?.();
  before.close();
  return next.listen?.(backlog || BACKLOG) ?? 0;
}

function isMovable(handle: OwnedHandle): boolean {
  const isWhole = hasMethods(handle, 'close', 'listen', 'onconnection', 'getsockname');
  return isWhole && ownerSymbol(handle) !== undefined;
}

/** The property by which Node finds the server of a handle. */
function ownedBy(handle: Record<symbol, unknown>): Record<symbol, unknown> {
  const owner = ownerSymbol(handle);
  return owner === undefined ? {} : { [owner]: handle[owner] };
}

/** The symbol is not in the global registry: only its description identifies it. */
export function ownerSymbol(handle: object): symbol | undefined {
  return Object.getOwnPropertySymbols(handle).find(({ description }) => description === OWNER);
}

function internalsOf(server: net.Server): Internals {
  return server as unknown as Internals;
}
