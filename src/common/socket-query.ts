import type { Asker } from './as-identity';

/** Which socket is wanted; the same query is answered with the same socket. */
export interface SocketQuery {
  /** Undefined: every address. The path of a unix socket; an abstract name begins with NUL. */
  readonly address: string | undefined;
  readonly port: number;
  /** 4, 6: TCP · -1: unix · udp4, udp6. Undefined or 4 without an address: IPv6 and IPv4, if the system can. */
  readonly addressType: 4 | 6 | -1 | 'udp4' | 'udp6';
  /** A descriptor of this process to use instead of opening one. */
  readonly fd?: number | undefined;
  /** Node's own bit set (1: IPv6 only). */
  readonly flags?: number | undefined;
  /** Of the file of a unix socket: rights to be added to those that the umask leaves. */
  readonly mode?: number | undefined;
  /** Undefined: the server itself, or who has its rights. */
  readonly asker?: Asker | undefined;
}

const EVERYBODY = { read: 0o444, write: 0o222 };

/** The mode for the options of a listen() on a path. */
export function modeFor(options: { readonly readableAll?: unknown; readonly writableAll?: unknown }): number {
  return (
    (options.readableAll === true ? EVERYBODY.read : 0) | (options.writableAll === true ? EVERYBODY.write : 0)
  );
}
