import { getSystemErrorName } from 'node:util';
import type { SocketQuery } from '../common/socket-query';
import { boundAddress, overlaps } from './address-overlap';
import { refusalFor } from './asker-rights';
import { acceptNoMore, EADDRINUSE, ECANCELED, holdSocket, type HeldSocket } from './held-socket';
import { allGiveUp, type SocketHolder } from './socket-holder';
import { passedSocket, unaskedNames } from './passed-sockets';
import { withdrawSource } from './socket-manager-source';
import { fileAt, idOf, removeFile, restoreFile } from './unix-file';
import { hasFile } from './unix-path';
import { makeWay } from './unix-probe';

/** Opens sockets: the registry of this process, or the process above that has one. */
export interface SocketSource {
  open(query: SocketQuery, index?: number): Promise<HeldSocket | number>;
  /** From now on the socket answers to this query, too: `port: 0` was requested, and the system has chosen one. */
  alias(socket: HeldSocket, query: SocketQuery): void;
  /** This process will accept from it itself. */
  release(query: SocketQuery): void;
  /** This process accepts from this very handle, and closes it when it wants. */
  lend(socket: HeldSocket): void;
  /** The server itself needs it, whatever the workers do. isForOthers: programs outside the tree may have copies. */
  keep(socket: HeldSocket, isForOthers?: boolean): void;
  /** No worker needs the socket any more: it is closed, unless it must be kept. */
  drop(query: SocketQuery, index: number): void;
  /** A worker has ended, and may have removed the path of a unix socket that others listen on. */
  restore(query: SocketQuery, index: number): void;
  /**
   * The final stop: nothing new comes in. All sockets that are held here are closed, so that the last worker to close
   * its copy closes the socket; later requests are refused with ECANCELED. Waits for the processes above, if any.
   */
  letGo(): Promise<void> | void;
  /** From now on the holder is asked before a socket that it may have copies of makes way for another one. */
  shareWith(holder: SocketHolder): void;
  closeAll(): void;
  /** What is open at this moment. */
  entries(): readonly RegistryEntry[];
}

/** A held socket and the query that it answers, in the form in which a successor gets it. */
export interface RegistryEntry {
  readonly query: SocketQuery;
  readonly index: number;
  readonly held: HeldSocket;
}

/**
 * Every listening socket of the tree, held by the topmost process, keyed by protocol, address and port. `index`
 * distinguishes servers of one worker that ask for the same key at the same time (several listen(0)).
 */
export class SocketRegistry implements SocketSource {
  readonly #held = new Map<string, RegistryEntry>();
  readonly #kept = new WeakSet<HeldSocket>();
  /** Unix sockets that are being opened: checking whether the path is in use takes a moment. */
  readonly #opening = new Map<string, Promise<HeldSocket | number>>();
  /** Sockets of the process that we may take over from. */
  readonly #borrowed = new Set<string>();
  readonly #lent = new WeakSet<HeldSocket>();
  readonly #forOthers = new WeakSet<HeldSocket>();
  readonly #asked = new WeakSet<HeldSocket>();
  readonly #holders = new Set<SocketHolder>();
  readonly #onTwoTrees: (wanted: SocketQuery, held: RegistryEntry) => void;
  #isHandedOver = false;
  #isOver = false;
  /** Sockets make way one after the other. */
  #lastMove: Promise<unknown> = Promise.resolve();

  /** @param onTwoTrees called for a wanted socket whose address overlaps with one that the previous tree still has. */
  constructor(onTwoTrees: (wanted: SocketQuery, held: RegistryEntry) => void = () => {}) {
    this.#onTwoTrees = onTwoTrees;
  }

  /** The socket for this query, opened on the first request; a negative errno if that fails. */
  async open(query: SocketQuery, index = 0): Promise<HeldSocket | number> {
    const key = socketKey(query, index);
    if (this.#isOver) return ECANCELED;
    const known = this.#passedBy(query, index) ?? this.#held.get(key);
    if (known) this.#asked.add(known.held);
    if (known && (!known.held.file || restoreFile(known.held.file))) return known.held;
    const refusal = refusalFor(query);
    if (refusal !== undefined) return refusal;
    const opening = this.#opening.get(key) ?? this.#begin(query, index);
    if (typeof opening === 'number' || !(opening instanceof Promise)) return opening;
    this.#opening.set(key, opening);
    return opening.finally(() => this.#opening.delete(key));
  }

  /** The socket of this name that a service manager has opened. Workers then ask for it by its address. */
  #passedBy({ name, ...query }: SocketQuery, index: number): RegistryEntry | undefined {
    if (name === undefined) return undefined;
    const passed = passedSocket(this.entries(), name, query.addressType);
    if (passed) this.add({ query, index, held: passed.held });
    return passed;
  }

  #begin(query: SocketQuery, index: number): HeldSocket | number | Promise<HeldSocket | number> {
    if (hasFile(query)) return this.#twin(query, index) ?? this.#openPath(query, index);
    const opened = this.#hold(query, index);
    if (!isInUse(opened)) return opened;
    const opening = this.#lastMove.then(() => this.#makeRoom(query, index));
    this.#lastMove = opening.catch(() => {});
    return opening;
  }

  /** The same file by another name, such as through a link to its folder. */
  #twin(query: SocketQuery & { readonly address: string }, index: number): HeldSocket | undefined {
    const id = idOf(query.address);
    const twin = this.entries().find(({ held }) => id !== undefined && held.file?.id === id);
    if (twin) this.add({ query, index, held: twin.held });
    return twin?.held;
  }

  /**
   * The socket that is in the way was opened for the users that the asker replaces: a successor may want another
   * address on the same port. Its users decide; a socket that the server itself has opened stays.
   */
  async #makeRoom(query: SocketQuery, index: number): Promise<HeldSocket | number> {
    const key = socketKey(query, index);
    const known = this.#held.get(key);
    if (known) return known.held;
    // Whether it is possible at all: nothing is given up for an address that this system does not have.
    const trial = this.#isOver ? ECANCELED : holdSocket({ ...query, port: 0 });
    if (typeof trial === 'number') return trial;
    trial.handle.close();
    for (const [heldKey, entry] of this.#inTheWayOf(query)) {
      if (this.#borrowed.has(heldKey)) {
        this.#onTwoTrees(query, entry);
        return EADDRINUSE;
      }
      if (!(await allGiveUp(this.#holders, heldKey, { key, isForced: false }))) return EADDRINUSE;
      if (this.#held.get(heldKey) === entry) this.#close(heldKey);
    }
    return this.#isOver ? ECANCELED : this.#hold(query, index);
  }

  #inTheWayOf(query: SocketQuery): readonly (readonly [string, RegistryEntry])[] {
    const wanted = boundAddress(query);
    return [...this.#held].filter(([, { query: had, held }]) => {
      const place = boundAddress(had, held.sockname);
      return wanted && place && overlaps(wanted, place) && !this.#kept.has(held);
    });
  }

  async #openPath(
    query: SocketQuery & { readonly address: string },
    index: number,
  ): Promise<HeldSocket | number> {
    const tidyUp = await makeWay(query.address, query.asker);
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
    const isUntold = hasFile(query) && !held.file && !held.origin;
    const whole = isUntold ? { query, index, held: { ...held, file: fileAt(query.address) } } : entry;
    this.#held.set(socketKey(query, index), whole);
    this.#borrowed.delete(socketKey(query, index));
  }

  /** A socket of the process that we may take over from: until then we must not remove the file of a unix socket. */
  borrow(entry: RegistryEntry): void {
    if (entry.held.origin) this.adopt(entry);
    else this.add(entry);
    this.#borrowed.add(socketKey(entry.query, entry.index));
  }

  /** A socket that a service manager has opened for us: it is never closed for others, and its file is not ours. */
  adopt(entry: RegistryEntry): void {
    this.add(entry);
    this.keep(entry.held, true);
  }

  /** The names of adopted sockets that no program has asked for. Their clients wait for ever. */
  unasked(): readonly string[] {
    return unaskedNames(this.entries(), (held) => this.#asked.has(held));
  }

  /** From now on borrowed sockets are ours. */
  takeOver(): void {
    this.#borrowed.clear();
  }

  entries(): readonly RegistryEntry[] {
    return [...this.#held.values()];
  }

  /** Another process has the sockets now: from here on the files of unix sockets belong to it. */
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

  /** The same for a socket that a process below us keeps. */
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
    // First, so that no new connections come while the workers accept those that are queued.
    for (const [key, { held }] of this.#held) this.#removeFileOf(key, held);
    const done = new Set<HeldSocket>();
    for (const [key, { held }] of this.#held) {
      if (this.#lent.has(held)) continue;
      // Otherwise a successor, or a program outside, goes on with it.
      const isOurs = !this.#isHandedOver && !this.#borrowed.has(key) && !this.#forOthers.has(held);
      if (isOurs && !done.has(held)) acceptNoMore(held.handle);
      done.add(held);
    }
    for (const held of done) held.handle.close();
    for (const [key, { held }] of this.#held) if (done.has(held)) this.#held.delete(key);
  }

  shareWith(holder: SocketHolder): void {
    this.#holders.add(holder);
  }

  closeAll(): void {
    withdrawSource(this);
    this.#isOver = true;
    for (const key of [...this.#held.keys()]) this.#close(key);
  }

  #close(key: string): void {
    const held = this.#held.get(key)?.held;
    this.#held.delete(key);
    // It is also known by another name.
    if (!held || this.entries().some((entry) => entry.held === held)) return;
    held.handle.close();
    this.#removeFileOf(key, held);
  }

  #removeFileOf(key: string, { file }: HeldSocket): void {
    // Otherwise it belongs to a successor, or to the process that we may take over from.
    if (file && !this.#isHandedOver && !this.#borrowed.has(key)) removeFile(file);
  }
}

/** The number differs between systems. */
function isInUse(opened: HeldSocket | number): boolean {
  return typeof opened === 'number' && getSystemErrorName(opened) === 'EADDRINUSE';
}

/** The key of a socket; the same query and index give the same key. */
export function socketKey(query: SocketQuery, index: number): string {
  const { addressType, address, port, fd, flags } = query;
  return [addressType, address ?? '*', port, fd ?? '', flags ?? 0, index].join('|');
}
