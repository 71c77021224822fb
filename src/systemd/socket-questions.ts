import { isIPv6 } from 'node:net';
import type { SocketQuery } from '../common/socket-query';

const ANY_IPV6 = '::';
const ANY_IPV4 = '0.0.0.0';

/**
 * The queries that one bound socket answers: a program that listens on every address gives no address, `::` or
 * `0.0.0.0`.
 * @param sockname the address as the system reports it.
 */
export function queriesFor(
  kind: 'tcp' | 'udp4' | 'udp6',
  sockname: Readonly<Record<string, unknown>>,
): readonly SocketQuery[] {
  const { address, port } = sockname;
  if (typeof address !== 'string' || typeof port !== 'number') return [];
  const type = kind === 'tcp' ? (isIPv6(address) ? 6 : 4) : kind;
  const exact: SocketQuery = { address, port, addressType: type };
  if (address !== ANY_IPV6 && address !== ANY_IPV4) return [exact];
  const unnamed: SocketQuery =
    kind === 'tcp'
      ? { address: undefined, port, addressType: 4 }
      : { address: undefined, port, addressType: type };
  if (address === ANY_IPV4 || kind !== 'tcp') return [exact, unnamed];
  // One socket for both families, as Node itself opens it.
  const overIPv4: SocketQuery = { address: ANY_IPV4, port, addressType: 4 };
  return [exact, unnamed, overIPv4];
}
