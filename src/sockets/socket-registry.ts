import type { SocketQuery } from '../common/socket-query';
import { refusalFor } from './asker-rights';
import { acceptNoMore, ECANCELED, holdSocket, type HeldSocket } from './held-socket';
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
  /** This process accepts from this very handle, and closes it when it wants. */
  lend(socket: HeldSocket): void;
  /** The server itself wants it, whatever the workers do. isForOthers: programs outside of the tree may have copies. */
  keep(socket: HeldSocket, isForOthers?: boolean): void;
  /** No worker wants it any more: it is closed, unless it is to be kept. */
  drop(query: SocketQuery, index: number): void;
  /** A worker ended, which may have removed the path of a unix socket that others listen on. */
  restore(query: SocketQuery, index: number): void;
  /**
   * The final stop: nothing new comes in. Whatever is held here is closed, so that the last worker to close its copy
   * closes the socket; what is asked for from now on is refused with ECANCELED. Waits for the processes above, if any.
   */
  letGo(): Promise<void> | void;
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
  readonly #lent = new WeakSet<HeldSocket>();
  readonly #forOthers = new WeakSet<HeldSocket>();
  #isHandedOver = false;
  #isOver = false;

  /** The socket for this query, opened when it is the first to ask; a negative errno when that is not possible. */
  async open(query: SocketQuery, index = 0): Promise<HeldSocket | number> {
    const key = socketKey(query, index);
    if (this.#isOver) return ECANCELED;
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
    const opened = this.#isOver ? ECANCELED : this.#hold(query, index);
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
    this.#isHandedOver = true;
  }

  release(query: SocketQuery): void {
    this.#close(socketKey(query, 0));
  }

  lend(socket: HeldSocket): void {
    this.#lent.add(socket);
  }

  keep(socket: HeldSocket, isForOthers = false): void {
    this.#kept.add(socket);
    if (isForOthers) this.#forOthers.add(socket);
  }

  /** The same, of a socket that a process below us keeps. */
  keepForOthers(query: SocketQuery, index: number): void {
    const entry = this.#held.get(socketKey(query, index));
    if (entry) this.keep(entry.held, true);
  }

  drop(query: SocketQuery, index: number): void {
    const key = socketKey(query, index);
    const entry = this.#held.get(key);
    if (entry && !this.#kept.has(entry.held)) this.#close(key);
  }

  restore(query: SocketQuery, index: number): void {
    const file = this.#held.get(socketKey(query, index))?.held.file;
    if (file && !this.#isHandedOver) restoreFile(file);
  }

  letGo(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    // First: what cannot be found any more gets no new connections while the workers take those that wait.
    for (const [key, { held }] of this.#held) this.#removeFileOf(key, held);
    const done = new Set<HeldSocket>();
    for (const [key, { held }] of this.#held) {
      if (this.#lent.has(held)) continue;
      // Else a successor, or a program outside, goes on with it.
      const isOurs = !this.#isHandedOver && !this.#borrowed.has(key) && !this.#forOthers.has(held);
      if (isOurs && !done.has(held)) acceptNoMore(held.handle);
      done.add(held);
    }
    for (const held of done) held.handle.close();
    for (const [key, { held }] of this.#held) if (done.has(held)) this.#held.delete(key);
  }

  closeAll(): void {
    withdrawSource(this);
    this.#isOver = true;
    for (const key of [...this.#held.keys()]) this.#close(key);
  }

  #close(key: string): void {
    const held = this.#held.get(key)?.held;
    this.#held.delete(key);
    held?.handle.close();
    if (held) this.#removeFileOf(key, held);
  }

  #removeFileOf(key: string, { file }: HeldSocket): void {
    // Else it is that of a successor, or of the process that we may take over from.
    if (file && !this.#isHandedOver && !this.#borrowed.has(key)) removeFile(file);
  }
}

const EADDRINUSE = -98;

/** Names a socket; the same query and index name the same one. */
export function socketKey(query: SocketQuery, index: number): string {
  const { addressType, address, port, fd, flags } = query;
  return [addressType, address ?? '*', port, fd ?? '', flags ?? 0, index].join('|');
}
