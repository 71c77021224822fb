import { unlinkSync } from 'node:fs';
import type { SocketQuery } from '../common/socket-query';
import { holdSocket, type HeldSocket } from './held-socket';

/** Who opens sockets: the registry of this process, or the process above that has one. */
export interface SocketSource {
  open(query: SocketQuery, index?: number): Promise<HeldSocket | number>;
  /** From now on the socket answers to this query too: `port: 0` was asked for, and the system has chosen one. */
  alias(socket: HeldSocket, query: SocketQuery): void;
  /** This process is to accept from it by itself. */
  release(query: SocketQuery): void;
  closeAll(): void;
}

/**
 * Every listening socket of the tree, held by the highest process, keyed by protocol, address and port.
 * `index` tells apart the servers of one worker that ask for the same key at the same time (several listen(0)).
 */
export class SocketRegistry implements SocketSource {
  readonly #held = new Map<string, HeldSocket>();
  readonly #unixPaths = new Set<string>();

  /** The socket for this query, opened when it is the first to ask; a negative errno when that is not possible. */
  async open(query: SocketQuery, index = 0): Promise<HeldSocket | number> {
    const key = socketKey(query, index);
    const known = this.#held.get(key);
    if (known) return known;
    const opened = holdSocket(query);
    if (typeof opened !== 'number') {
      this.#held.set(key, opened);
      if (query.addressType === -1 && query.address !== undefined) this.#unixPaths.add(query.address);
    }
    return opened;
  }

  get size(): number {
    return this.#held.size;
  }

  alias(socket: HeldSocket, query: SocketQuery): void {
    this.#held.set(socketKey(query, 0), socket);
  }

  release(query: SocketQuery): void {
    const key = socketKey(query, 0);
    this.#held.get(key)?.handle.close();
    this.#held.delete(key);
  }

  closeAll(): void {
    for (const { handle } of new Set(this.#held.values())) handle.close();
    this.#held.clear();
    for (const path of this.#unixPaths) {
      try {
        unlinkSync(path);
      } catch {
        // Gone already: libuv removes the file of a pipe that it bound itself.
      }
    }
    this.#unixPaths.clear();
  }
}

/** Names a socket; the same query and index name the same one. */
export function socketKey(query: SocketQuery, index: number): string {
  const { addressType, address, port, fd, flags } = query;
  return [addressType, address ?? '*', port, fd ?? '', flags ?? 0, index].join('|');
}
