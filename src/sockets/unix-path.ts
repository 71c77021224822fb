import type { SocketQuery } from '../common/socket-query';

/** The maximum length of a unix socket address; some versions of Node silently cut a longer one. */
export const MAX_PATH_BYTES = process.platform === 'linux' ? 107 : 103;

/** A Linux name without a file: it disappears with the last process that has the socket. */
export function isAbstract(path: string): boolean {
  return path.startsWith('\0');
}

/** A unix socket that has a file, which may be lost, left behind or in the way. */
export function hasFile(
  query: SocketQuery,
): query is SocketQuery & { readonly address: string; readonly addressType: -1 } {
  const { addressType, address, fd } = query;
  return addressType === -1 && fd === undefined && address !== undefined && !isAbstract(address);
}

/** For people: the NUL at the beginning of an abstract name is not printable. */
export function shownPath(path: string): string {
  return isAbstract(path) ? `@${path.slice(1)}` : path;
}
