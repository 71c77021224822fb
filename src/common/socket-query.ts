/** Which socket is wanted; the same query is answered with the same socket. */
export interface SocketQuery {
  /** Undefined: every address. The path of a unix socket. */
  readonly address: string | undefined;
  readonly port: number;
  /** 4, 6: TCP · -1: unix · udp4, udp6. Undefined or 4 without an address: IPv6 and IPv4, if the system can. */
  readonly addressType: 4 | 6 | -1 | 'udp4' | 'udp6';
  /** A descriptor of this process to use instead of opening one. */
  readonly fd?: number | undefined;
  /** Node's own bit set (1: IPv6 only). */
  readonly flags?: number | undefined;
}
