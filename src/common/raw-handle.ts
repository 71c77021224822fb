/** Node's internal handle of a socket: opaque to us, but for these. */
export interface RawHandle {
  getsockname?(out: object): number;
  /** Of streams. */
  listen?(backlog: number): number;
  close(): void;
}
