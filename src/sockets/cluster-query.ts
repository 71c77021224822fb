import type { Asker } from '../common/as-identity';
import { isAddressType, isPortOrNone, modeFor, type SocketQuery } from '../common/socket-query';

/**
 * What Node's cluster child asks for at a listen() or bind(). It comes from another process, so any part of it may be
 * anything.
 */
export interface QueryMessage {
  readonly address?: unknown;
  readonly port?: unknown;
  readonly addressType?: unknown;
  readonly fd?: unknown;
  readonly flags?: unknown;
  readonly readableAll?: unknown;
  readonly writableAll?: unknown;
}

/** Undefined: Node itself never asks for this. Only valid values may be passed to the system. */
export function toQuery(message: QueryMessage, asker: Asker | undefined): SocketQuery | undefined {
  const { address = null, addressType, fd, flags } = message;
  const type = addressType ?? 4;
  const isDatagram = type === 'udp4' || type === 'udp6';
  const port = Number(message.port ?? (isDatagram ? 0 : -1));
  if (address !== null && typeof address !== 'string') return undefined;
  if (!isAddressType(type) || !isPortOrNone(port)) return undefined;
  for (const value of [fd, flags]) {
    if (value !== undefined && value !== null && !Number.isInteger(value)) return undefined;
  }
  return {
    address: address === null ? undefined : type === -1 ? pathOf(address) : address,
    port,
    addressType: type,
    fd: typeof fd === 'number' && fd >= 0 ? fd : undefined,
    flags: typeof flags === 'number' ? flags : undefined,
    ...(type === -1 ? { mode: modeFor(message) } : {}),
    ...(asker ? { asker } : {}),
  };
}

/** Node's child makes every path absolute, even an abstract name, which then has its NUL in the middle. */
function pathOf(address: string): string {
  const start = address.indexOf('\0');
  return start < 0 ? address : address.slice(start);
}
