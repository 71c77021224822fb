import { rmSync } from 'node:fs';
import type { SocketQuery } from '../common/socket-query';
import { holdSocket, type HeldSocket } from './held-socket';
import { withdrawSource } from './socket-manager-source';

/** Who opens sockets: the registry of this process, or the process above that has one. */
export interface SocketSource {
  open(query: SocketQuery, index?: number): Promise<HeldSocket | number>;
  /** From now on the socket answers to this query too: `port: 0` was asked for, and the system has chosen one. */
  alias(socket: HeldSocket, query: SocketQuery): void;
  /** This process is to accept from it by itself. */
  release(query: SocketQuery): void;
  /** The server itself wants it, whatever the workers do. */
  keep(socket: HeldSocket): void;
  /** No worker wants it any more: it is closed, unless it is to be kept. */
  drop(query: SocketQuery, index: number): void;
  closeAll(): void;
  /** What is open at this moment. */
  entries(): readonly RegistryEntry[];
}

/** A held socket and the question that it answers, as it is passed on to the process that takes over. */
export interface RegistryEntry {
  readonly query: SocketQuery;
  readonly index: number;
  readonly held: HeldSocket;
}

/**
 * Every listening socket of the tree, held by the highest process, keyed by protocol, address and port.
 * `index` tells apart the servers of one worker that ask for the same key at the same time (several listen(0)).
 */
export class SocketRegistry implements SocketSource {
  readonly #held = new Map<string, RegistryEntry>();
  readonly #unixPaths = new Set<string>();
  readonly #kept = new WeakSet<HeldSocket>();

  /** The socket for this query, opened when it is the first to ask; a negative errno when that is not possible. */
  async open(query: SocketQuery, index = 0): Promise<HeldSocket | number> {
    const key = socketKey(query, index);
    const known = this.#held.get(key);
    if (known) return known.held;
    const opened = holdSocket(query);
    if (typeof opened !== 'number') {
      this.add({ query, index, held: opened });
    }
    return opened;
  }

  get size(): number {
    return this.#held.size;
  }

  alias(held: HeldSocket, query: SocketQuery): void {
    this.add({ query, index: 0, held });
  }

  add(entry: RegistryEntry): void {
    this.borrow(entry);
    this.#ownPath(entry);
  }

  /** A socket of the process that we may take over from: until we do, the file of a unix socket is not ours to remove. */
  borrow(entry: RegistryEntry): void {
    this.#held.set(socketKey(entry.query, entry.index), entry);
  }

  /** From now on what was borrowed is ours. */
  takeOver(): void {
    for (const entry of this.#held.values()) this.#ownPath(entry);
  }

  entries(): readonly RegistryEntry[] {
    return [...this.#held.values()];
  }

  /** Another process has them now: the files of unix sockets are its own from here on. */
  handOver(): void {
    this.#unixPaths.clear();
  }

  release(query: SocketQuery): void {
    const key = socketKey(query, 0);
    this.#held.get(key)?.held.handle.close();
    this.#held.delete(key);
    if (query.addressType === -1 && query.address !== undefined) this.#remove(query.address);
  }

  keep(socket: HeldSocket): void {
    this.#kept.add(socket);
  }

  drop(query: SocketQuery, index: number): void {
    const key = socketKey(query, index);
    const entry = this.#held.get(key);
    if (!entry || this.#kept.has(entry.held)) return;
    entry.held.handle.close();
    this.#held.delete(key);
    if (query.addressType === -1 && query.address !== undefined) this.#remove(query.address);
  }

  closeAll(): void {
    withdrawSource(this);
    for (const { held } of this.#held.values()) held.handle.close();
    this.#held.clear();
    for (const path of this.#unixPaths) this.#remove(path);
  }

  #ownPath({ query: { addressType, address } }: RegistryEntry): void {
    if (addressType === -1 && address !== undefined) this.#unixPaths.add(address);
  }

  #remove(path: string): void {
    if (this.#unixPaths.delete(path)) rmSync(path, { force: true });
  }
}

/** Names a socket; the same query and index name the same one. */
export function socketKey(query: SocketQuery, index: number): string {
  const { addressType, address, port, fd, flags } = query;
  return [addressType, address ?? '*', port, fd ?? '', flags ?? 0, index].join('|');
}
