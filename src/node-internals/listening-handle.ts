import type net from 'node:net';
import type { RawHandle } from '../common/raw-handle';

interface ListeningHandle extends RawHandle {
  onconnection?: unknown;
  ref?(): void;
  unref?(): void;
  hasRef?(): boolean;
}

interface Internals {
  _handle: (ListeningHandle & Record<symbol, unknown>) | null;
}

const OWNER = 'owner_symbol';

// Node's own when a listen() says nothing. Then the backlog is 0, with which the system would take one connection only.
const BACKLOG = 511;

/** Closes the socket under a server that goes on to look as if it listened. */
export function vacateListeningHandle(server: net.Server): void {
  const internals = internalsOf(server);
  const { _handle: handle } = internals;
  if (!handle) return;
  const name = {};
  const errno = handle.getsockname?.(name) ?? 0;
  let isHeld = handle.hasRef?.() ?? true;
  const standIn: ListeningHandle & Record<symbol, unknown> = {
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
}

/** From now on the server accepts from this one. Returns 0, or a negative errno: then it accepts nothing. */
export function replaceListeningHandle(server: net.Server, handle: RawHandle, backlog = 0): number {
  const internals = internalsOf(server);
  const { _handle: before } = internals;
  if (!before) {
    handle.close();
    return 0;
  }
  const next = Object.assign(handle as ListeningHandle & Record<symbol, unknown>, ownedBy(before), {
    onconnection: before.onconnection,
  });
  internals._handle = next;
  if (before.hasRef?.() === false) next.unref?.();
  before.close();
  return next.listen?.(backlog || BACKLOG) ?? 0;
}

/** What Node has put on a handle to find the server again. */
function ownedBy(handle: Record<symbol, unknown>): Record<symbol, unknown> {
  const owner = ownerSymbol(handle);
  return owner === undefined ? {} : { [owner]: handle[owner] };
}

function ownerSymbol(handle: object): symbol | undefined {
  return Object.getOwnPropertySymbols(handle).find(({ description }) => description === OWNER);
}

function internalsOf(server: net.Server): Internals {
  return server as unknown as Internals;
}
