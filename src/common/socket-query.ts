import type { Asker } from './as-identity';

/** Identifies the wanted socket; the same query always gets the same socket. */
export interface SocketQuery {
  /** Undefined: all addresses. For a unix socket, its path; an abstract name begins with NUL. */
  readonly address: string | undefined;
  readonly port: number;
  /** 4, 6: TCP; -1: unix; udp4, udp6. Undefined or 4 without an address: IPv6 and IPv4, if the system can. */
  readonly addressType: 4 | 6 | -1 | 'udp4' | 'udp6';
  /** A descriptor of this process to use instead of opening one. */
  readonly fd?: number | undefined;
  /** Node's own bit set (1: IPv6 only). */
  readonly flags?: number | undefined;
  /** For the file of a unix socket: permissions to add to those that the umask leaves. */
  readonly mode?: number | undefined;
  /** The name of a socket that the service manager may have passed, to be used instead. */
  readonly name?: string | undefined;
  /** Undefined: the server itself, or a process with its rights. */
  readonly asker?: Asker | undefined;
}

const MAX_PORT = 65535;
const ADDRESS_TYPES: readonly unknown[] = [4, 6, -1, 'udp4', 'udp6'];

/** Only valid values may be passed to the system. -1: no port, as for a unix socket. */
export function isPortOrNone(port: unknown): boolean {
  return Number.isInteger(port) && Number(port) >= -1 && Number(port) <= MAX_PORT;
}

export function isAddressType(value: unknown): value is SocketQuery['addressType'] {
  return ADDRESS_TYPES.includes(value);
}

/** Whether it is a query; another process may have sent anything. */
export function isSocketQuery(value: unknown): value is SocketQuery {
  if (typeof value !== 'object' || value === null) return false;
  const { address, port, addressType, fd, flags, mode, name } = value as Readonly<Record<string, unknown>>;
  return (
    [address, name].every((text) => text === undefined || typeof text === 'string') &&
    isPortOrNone(port) &&
    isAddressType(addressType) &&
    [fd, flags, mode].every((number) => number === undefined || Number.isInteger(number))
  );
}

const EVERYBODY = { read: 0o444, write: 0o222 };

/** The mode for the options of a listen() on a path. */
export function modeFor(options: { readonly readableAll?: unknown; readonly writableAll?: unknown }): number {
  return (
    (options.readableAll === true ? EVERYBODY.read : 0) | (options.writableAll === true ? EVERYBODY.write : 0)
  );
}
