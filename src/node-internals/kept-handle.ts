import type { RawHandle } from '../common/raw-handle';
import { hasMethods, warnUnlessThere, type Internal } from './shape';

interface Handle extends RawHandle {
  onconnection?: ((status: number, connection?: RawHandle) => void) | undefined;
  ref?(): void;
  unref?(): void;
}

export const KEPT_HANDLE: Internal = {
  name: 'close and onconnection of a listening handle',
  kind: 'private',
  expected: 'close() ends the listening of a server, and onconnection() gets each connection as a handle',
  usedFor: 'keeps a port of an embedded worker open until the next one listens on it',
  without: 'Connections to a port of an embedded worker are refused while it restarts.',
};

/** Node's own backlog and some more: each waiting connection has a descriptor. */
const MOST = 1000;

/**
 * The handle under a listening server, which may stay open when the server is closed: connections that come meanwhile wait,
 * unread, for the next server. Node cannot pause a socket that it has made itself.
 */
export class KeptHandle {
  readonly raw: RawHandle;
  readonly #handle: Handle;
  readonly #close: () => void;
  readonly #queue: RawHandle[] = [];

  /** @param staysOpen called when its server is closed. */
  constructor(raw: RawHandle, staysOpen: () => boolean) {
    this.raw = raw;
    this.#handle = raw;
    this.#close = raw.close.bind(raw);
    if (!warnUnlessThere(KEPT_HANDLE, hasMethods(raw, 'close', 'onconnection'))) return;
    raw.close = () => {
      if (staysOpen()) this.#collect();
      else this.close();
    };
  }

  /** Before the next server is given it. */
  reopen(): void {
    this.#handle.ref?.();
  }

  /** How many connections have come while no server listened. */
  get waiting(): number {
    return this.#queue.length;
  }

  takeWaiting(): readonly RawHandle[] {
    return this.#queue.splice(0);
  }

  /** Passes a connection to the server that listens now. */
  deliver(connection: RawHandle): void {
    this.#handle.onconnection?.(0, connection);
  }

  /** Permanently. */
  close(): void {
    for (const connection of this.takeWaiting()) connection.close();
    this.#close();
  }

  #collect(): void {
    this.#handle.unref?.();
    this.#handle.onconnection = (_status, connection) => {
      if (!connection) return;
      if (this.#queue.length < MOST) this.#queue.push(connection);
      else connection.close();
    };
  }
}
