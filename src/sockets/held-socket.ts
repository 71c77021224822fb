import dgram from 'node:dgram';
import { existsSync, renameSync } from 'node:fs';
import net from 'node:net';
import { getSystemErrorName } from 'node:util';
import type { SocketQuery } from '../common/socket-query';

/** Node's internal handle: opaque to us, but for these. */
export interface RawHandle {
  getsockname?(out: object): number;
  close(): void;
}

/** A bound socket that nobody in this process accepts from or reads. */
export interface HeldSocket {
  readonly handle: RawHandle;
  /** The address as the system has it. */
  readonly sockname: Readonly<Record<string, unknown>>;
}

interface NetInternals {
  _createServerHandle(
    address: string | null,
    port: number,
    addressType: number,
    fd?: number,
    flags?: number,
  ): RawHandle | number;
}

/** What a dgram.Socket has from its start; binding it here leaves it unread. */
interface RawDatagrams extends RawHandle {
  bind(address: string, port: number, flags: number): number;
  open(fd: number): number;
}

const EVERY_IPV6 = '::';
const EVERY_IPV4 = '0.0.0.0';

/**
 * Binds a socket without listening on it. The queue of connections lives as long as the holder, so nothing is
 * refused while workers come and go. Returns a negative errno when that is not possible.
 */
export function holdSocket(query: SocketQuery): HeldSocket | number {
  const { addressType } = query;
  if (addressType === -1 && query.address !== undefined && query.fd === undefined)
    return holdUnix(query.address);
  if (addressType === 'udp4' || addressType === 'udp6') return holdUdp(query, addressType);
  if (query.address === undefined && query.fd === undefined && addressType !== -1) {
    const both = holdStream({ ...query, address: EVERY_IPV6 }, 6);
    return typeof both === 'number' ? holdStream({ ...query, address: EVERY_IPV4 }, 4) : both;
  }
  return holdStream(query, addressType);
}

/**
 * Bound beside its place, then moved there: libuv removes the file that it bound when the handle is closed, and the
 * path must outlive this process when another one takes the socket over.
 */
function holdUnix(path: string): HeldSocket | number {
  if (existsSync(path)) return EADDRINUSE;
  const beside = `${path}.${process.pid}`;
  const handle = (net as unknown as NetInternals)._createServerHandle(beside, -1, -1);
  if (typeof handle === 'number') return handle;
  try {
    renameSync(beside, path);
  } catch (error) {
    handle.close();
    return (error as NodeJS.ErrnoException).errno ?? EADDRINUSE;
  }
  return { handle, sockname: {} };
}

function holdStream(query: SocketQuery, addressType: 4 | 6 | -1): HeldSocket | number {
  const internals = net as unknown as NetInternals;
  const handle =
    query.fd === undefined
      ? internals._createServerHandle(
          query.address ?? null,
          addressType === -1 ? -1 : query.port,
          addressType,
          undefined,
          query.flags,
        )
      : internals._createServerHandle(null, -1, -1, query.fd);
  return checked(handle, query);
}

function holdUdp(query: SocketQuery, addressType: 'udp4' | 'udp6'): HeldSocket | number {
  const handle = datagramHandle(addressType);
  if (!handle) return ENOTSUP;
  const address = query.address ?? (addressType === 'udp4' ? EVERY_IPV4 : EVERY_IPV6);
  const errno =
    query.fd === undefined ? handle.bind(address, query.port, query.flags ?? 0) : handle.open(query.fd);
  if (errno === 0) return checked(handle, query);
  handle.close();
  return errno;
}

/** dgram has no way to a handle alone that is neither deprecated nor, from Node 26 on, gone. */
function datagramHandle(addressType: 'udp4' | 'udp6'): RawDatagrams | undefined {
  const socket = dgram.createSocket(addressType);
  const state = Object.getOwnPropertySymbols(socket).find(
    ({ description }) => description === 'state symbol',
  );
  if (state === undefined) return undefined;
  return (socket as unknown as Record<symbol, { readonly handle?: RawDatagrams } | undefined>)[state]?.handle;
}

const ENOTSUP = -95;
const EADDRINUSE = -98;

function checked(handle: RawHandle | number, query: SocketQuery): HeldSocket | number {
  if (typeof handle === 'number') return handle;
  const sockname = {};
  // A taken TCP port still gives a handle; only its name tells that the bind did not succeed.
  const errno = query.addressType === -1 ? 0 : (handle.getsockname?.(sockname) ?? 0);
  if (errno === 0) return { handle, sockname };
  handle.close();
  return errno;
}

/** The error that Node itself would give for this errno. */
export function socketError(errno: number, syscall: string, query: SocketQuery): NodeJS.ErrnoException {
  const code = getSystemErrorName(errno);
  const where =
    query.addressType === -1 ? String(query.address) : `${query.address ?? EVERY_IPV6}:${String(query.port)}`;
  return Object.assign(new Error(`${syscall} ${code}: ${where}`), {
    code,
    errno,
    syscall,
    address: query.address,
    port: query.port,
  });
}
