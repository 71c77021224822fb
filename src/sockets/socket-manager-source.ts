import type { SocketSource } from './socket-registry';

const sources: SocketSource[] = [];

/** The engine of this process has a registry: managers that open from now on hold their sockets there. */
export function offerSource(source: SocketSource): void {
  sources.push(source);
}

export function withdrawSource(source: SocketSource): void {
  const index = sources.indexOf(source);
  if (index >= 0) sources.splice(index, 1);
}

/** Undefined: no engine has its server in this process. */
export function currentSource(): SocketSource | undefined {
  return sources.at(-1);
}
