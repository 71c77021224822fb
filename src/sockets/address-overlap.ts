import net from 'node:net';
import type { SocketQuery } from '../common/socket-query';

/** The address to which a socket is bound, or will be. */
export interface BoundAddress {
  readonly isDatagram: boolean;
  /** Undefined: all addresses, IPv6 and IPv4. */
  readonly address: string | undefined;
  readonly port: number;
  /** For an IPv6 address: it takes no IPv4 connections. */
  readonly ipv6Only: boolean;
}

const IPV6_ONLY = 1;

/** Undefined: a unix socket, or a descriptor that was given to us. `sockname` is the address that the system reports. */
export function boundAddress(
  query: SocketQuery,
  sockname: Readonly<Record<string, unknown>> = {},
): BoundAddress | undefined {
  const { addressType, fd, flags = 0 } = query;
  if (addressType === -1 || fd !== undefined) return undefined;
  const isDatagram = typeof addressType === 'string';
  const everywhere = addressType === 'udp4' ? '0.0.0.0' : addressType === 'udp6' ? '::' : undefined;
  const { address = query.address ?? everywhere, port = query.port } = sockname;
  if (typeof port !== 'number' || (address !== undefined && typeof address !== 'string')) return undefined;
  return { isDatagram, address, port, ipv6Only: (flags & IPV6_ONLY) !== 0 };
}

/** Whether the system allows only one of them once the first one listens. */
export function overlaps(one: BoundAddress, other: BoundAddress): boolean {
  if (one.isDatagram !== other.isDatagram || one.port !== other.port) return false;
  const [a, b] = [reach(one), reach(other)];
  return meets(a.v4, b.v4) || meets(a.v6, b.v6);
}

/** For each family: one address, all addresses, or none. */
interface Reach {
  readonly v4: string | undefined;
  readonly v6: string | undefined;
}

const EVERY = '*';
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

function reach({ address, ipv6Only }: BoundAddress): Reach {
  if (address === undefined) return { v4: EVERY, v6: EVERY };
  if (net.isIPv4(address)) return { v4: address === '0.0.0.0' ? EVERY : address, v6: undefined };
  const v6 = canonical(address);
  if (v6 === '::') return { v4: ipv6Only ? undefined : EVERY, v6: EVERY };
  const mapped = MAPPED.exec(v6)?.[1];
  if (mapped !== undefined) return { v4: mapped === '0.0.0.0' ? EVERY : mapped, v6: undefined };
  return { v4: undefined, v6 };
}

function meets(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return a === EVERY || b === EVERY || a === b;
}

/** An IPv6 address can be spelled in many ways. A zone, as in fe80::1%eth0, is left out: better one conflict too many. */
function canonical(address: string): string {
  const [host = address] = address.split('%');
  return net.isIPv6(host) ? new net.SocketAddress({ address: host, family: 'ipv6' }).address : host;
}
