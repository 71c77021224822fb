import { getSystemErrorName } from 'node:util';
import { asAsker } from '../common/as-identity';
import type { RawHandle } from '../common/raw-handle';
import type { SocketQuery } from '../common/socket-query';
import { newDatagramHandle } from '../node-internals/datagram-handle';
import { createServerHandle } from '../node-internals/server-handle';
import { makeFile, type SocketFile } from './unix-file';
import { hasFile, MAX_PATH_BYTES, shownPath } from './unix-path';

export type { RawHandle };

/**
 * Leaves room for one connection in the queue of the socket, in every process that has it: queued connections can be
 * accepted while next to nothing is added. A client that finds the queue full tries again after a second, and is
 * refused then. The handle must be closed in the same turn: it would accept.
 */
export function acceptNoMore(handle: RawHandle): void {
  handle.listen?.(0);
}

/** A bound socket that this process neither accepts from nor reads. */
export interface HeldSocket {
  readonly handle: RawHandle;
  /** The address as the system reports it. */
  readonly sockname: Readonly<Record<string, unknown>>;
  /** For a unix socket with a path. */
  readonly file?: SocketFile | undefined;
  /** Opened by a service manager, which keeps its own copy: the name of the socket there. */
  readonly origin?: { readonly name: string } | undefined;
}

const EVERY_IPV6 = '::';
const EVERY_IPV4 = '0.0.0.0';

/**
 * Binds a socket without listening on it. The queue of connections lives as long as the holder, so nothing is refused
 * while workers come and go. Returns a negative errno if that fails.
 */
export function holdSocket(query: SocketQuery): HeldSocket | number {
  const { addressType } = query;
  if (hasFile(query)) return holdUnix(query);
  if (addressType === 'udp4' || addressType === 'udp6') return holdUdp(query, addressType);
  if (query.address === undefined && query.fd === undefined && addressType !== -1) {
    const both = holdStream({ ...query, address: EVERY_IPV6 }, 6);
    return typeof both === 'number' ? holdStream({ ...query, address: EVERY_IPV4 }, 4) : both;
  }
  return holdStream(query, addressType);
}

/** Nothing may be at the path: see makeWay(). */
function holdUnix(query: SocketQuery & { readonly address: string }): HeldSocket | number {
  const { address: path, mode = 0, asker } = query;
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return ENAMETOOLONG;
  let handle: RawHandle | undefined;
  try {
    const file = asAsker(asker, () =>
      makeFile(path, mode, asker, (name) => {
        const made = createServerHandle(name, -1, -1);
        if (typeof made === 'number') return made;
        handle = made;
        return 0;
      }),
    );
    if (typeof file === 'number' || !handle) return typeof file === 'number' ? file : EADDRINUSE;
    return { handle, sockname: { file: file.id }, file };
  } catch (error) {
    handle?.close();
    const { code, errno } = error as NodeJS.ErrnoException;
    return code === 'EEXIST' ? EADDRINUSE : (errno ?? EADDRINUSE);
  }
}

function holdStream(query: SocketQuery, addressType: 4 | 6 | -1): HeldSocket | number {
  const handle =
    query.fd === undefined
      ? createServerHandle(
          query.address ?? null,
          addressType === -1 ? -1 : query.port,
          addressType,
          undefined,
          query.flags,
        )
      : createServerHandle(null, 0, -1, query.fd);
  return checked(handle, query);
}

function holdUdp(query: SocketQuery, addressType: 'udp4' | 'udp6'): HeldSocket | number {
  // Bound and left unread. dgram offers no way to a bare handle that is neither deprecated nor, from Node 26 on,
  // removed.
  const handle = newDatagramHandle(addressType);
  const address = query.address ?? (addressType === 'udp4' ? EVERY_IPV4 : EVERY_IPV6);
  const errno =
    query.fd === undefined ? handle.bind(address, query.port, query.flags ?? 0) : handle.open(query.fd);
  if (errno === 0) return checked(handle, query);
  handle.close();
  return errno;
}

/** An unused socket, for a worker that only needs an answer that it is bound. */
export function standInForDatagrams(addressType: 'udp4' | 'udp6'): RawHandle | number {
  const address = addressType === 'udp4' ? '127.0.0.1' : '::1';
  const held = holdUdp({ address, port: 0, addressType }, addressType);
  return typeof held === 'number' ? held : held.handle;
}

/** The request came too late: the final stop has begun. */
export const ECANCELED = -125;
const ENAMETOOLONG = -36;
/** The address is in use. */
export const EADDRINUSE = -98;

function checked(handle: RawHandle | number, query: SocketQuery): HeldSocket | number {
  if (typeof handle === 'number') return handle;
  const sockname = {};
  // A taken TCP port still gives a handle; only its name shows that the bind failed.
  const errno = query.addressType === -1 ? 0 : (handle.getsockname?.(sockname) ?? 0);
  if (errno === 0) return { handle, sockname };
  handle.close();
  return errno;
}

/** The error that Node itself would give for this errno. */
export function socketError(errno: number, syscall: string, query: SocketQuery): NodeJS.ErrnoException {
  const code = getSystemErrorName(errno);
  const where =
    query.addressType === -1
      ? shownPath(String(query.address))
      : `${query.address ?? EVERY_IPV6}:${String(query.port)}`;
  return Object.assign(new Error(`${syscall} ${code}: ${where}`), {
    code,
    errno,
    syscall,
    address: query.address,
    port: query.port,
  });
}
