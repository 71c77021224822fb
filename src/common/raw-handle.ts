/** Node's internal handle of a socket: opaque to us, except for these. */
export interface RawHandle {
  getsockname?(out: object): number;
  /** Streams only. */
  listen?(backlog: number): number;
  close(): void;
}
