import type { SocketQuery } from '../common/socket-query';

/** The address of a unix socket; a longer one is cut without a word by some versions of Node. */
export const MAX_PATH_BYTES = process.platform === 'linux' ? 107 : 103;

/** A name of Linux that is no file: it goes with the last process that has the socket. */
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

/** For people: the NUL at the beginning of an abstract name is no text. */
export function shownPath(path: string): string {
  return isAbstract(path) ? `@${path.slice(1)}` : path;
}
