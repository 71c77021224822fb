import type { SocketQuery } from '../common/socket-query';
import { refusalFor } from './asker-rights';
import { holdSocket, type HeldSocket } from './held-socket';
import { withdrawSource } from './socket-manager-source';
import { fileAt, removeFile, restoreFile } from './unix-file';
import { hasFile } from './unix-path';
import { makeWay } from './unix-probe';

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
  /** A worker ended, which may have removed the path of a unix socket that others listen on. */
  restore(query: SocketQuery, index: number): void;
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
  readonly #kept = new WeakSet<HeldSocket>();
  /** Unix sockets that are being opened: to find out whether somebody has the path takes a moment. */
  readonly #opening = new Map<string, Promise<HeldSocket | number>>();
  /** Of the process that we may take over from. */
  readonly #borrowed = new Set<string>();
  #hasFiles = true;
  #isClosed = false;

  /** The socket for this query, opened when it is the first to ask; a negative errno when that is not possible. */
  async open(query: SocketQuery, index = 0): Promise<HeldSocket | number> {
    const key = socketKey(query, index);
    const known = this.#held.get(key);
    if (known && (!known.held.file || restoreFile(known.held.file))) return known.held;
    const refusal = refusalFor(query);
    if (refusal !== undefined) return refusal;
    if (!hasFile(query)) return this.#hold(query, index);
    const opening = this.#opening.get(key) ?? this.#openPath(query, index);
    this.#opening.set(key, opening);
    return opening;
  }

  async #openPath(
    query: SocketQuery & { readonly address: string },
    index: number,
  ): Promise<HeldSocket | number> {
    const tidyUp = await makeWay(query.address, query.asker);
    this.#opening.delete(socketKey(query, index));
    if (!tidyUp) return EADDRINUSE;
    const opened = this.#isClosed ? ECANCELED : this.#hold(query, index);
    tidyUp();
    return opened;
  }

  #hold(query: SocketQuery, index: number): HeldSocket | number {
    const opened = holdSocket(query);
    if (typeof opened === 'number') return opened;
    const lost = this.#held.get(socketKey(query, index))?.held;
    if (lost && this.#kept.has(lost)) this.#kept.add(opened);
    else lost?.handle.close();
    this.add({ query, index, held: opened });
    return opened;
  }

  get size(): number {
    return this.#held.size;
  }

  alias(held: HeldSocket, query: SocketQuery): void {
    this.add({ query, index: 0, held });
  }

  add(entry: RegistryEntry): void {
    const { query, index, held } = entry;
    const isUntold = hasFile(query) && !held.file;
    const whole = isUntold ? { query, index, held: { ...held, file: fileAt(query.address) } } : entry;
    this.#held.set(socketKey(query, index), whole);
    this.#borrowed.delete(socketKey(query, index));
  }

  /** A socket of the process that we may take over from: until we do, the file of a unix socket is not ours to remove. */
  borrow(entry: RegistryEntry): void {
    this.add(entry);
    this.#borrowed.add(socketKey(entry.query, entry.index));
  }

  /** From now on what was borrowed is ours. */
  takeOver(): void {
    this.#borrowed.clear();
  }

  entries(): readonly RegistryEntry[] {
    return [...this.#held.values()];
  }

  /** Another process has them now: the files of unix sockets are its own from here on. */
  handOver(): void {
    this.#hasFiles = false;
  }

  release(query: SocketQuery): void {
    this.#close(socketKey(query, 0));
  }

  keep(socket: HeldSocket): void {
    this.#kept.add(socket);
  }

  drop(query: SocketQuery, index: number): void {
    const key = socketKey(query, index);
    const entry = this.#held.get(key);
    if (entry && !this.#kept.has(entry.held)) this.#close(key);
  }

  restore(query: SocketQuery, index: number): void {
    const file = this.#held.get(socketKey(query, index))?.held.file;
    if (file && this.#hasFiles) restoreFile(file);
  }

  closeAll(): void {
    withdrawSource(this);
    this.#isClosed = true;
    for (const key of [...this.#held.keys()]) this.#close(key);
  }

  #close(key: string): void {
    const held = this.#held.get(key)?.held;
    this.#held.delete(key);
    held?.handle.close();
    if (held?.file && this.#hasFiles && !this.#borrowed.has(key)) removeFile(held.file);
  }
}

const EADDRINUSE = -98;
const ECANCELED = -125;

/** Names a socket; the same query and index name the same one. */
export function socketKey(query: SocketQuery, index: number): string {
  const { addressType, address, port, fd, flags } = query;
  return [addressType, address ?? '*', port, fd ?? '', flags ?? 0, index].join('|');
}
