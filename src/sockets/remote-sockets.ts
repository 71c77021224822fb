import type { SocketQuery } from '../common/socket-query';
import { ECANCELED, type HeldSocket, type RawHandle } from './held-socket';
import { allGiveUp, type Claim, type SocketHolder } from './socket-holder';
import { withdrawSource } from './socket-manager-source';
import { socketKey, type RegistryEntry, type SocketSource } from './socket-registry';
import { hasFile } from './unix-path';

/** The answer to a query: a handle, or a negative errno. */
export interface RemoteAnswer {
  readonly errno: number;
  readonly sockname: Readonly<Record<string, unknown>>;
  readonly handle: RawHandle | undefined;
}

// The process above ended while it was asked.
const ECONNRESET = -104;

/** How this process reaches the one that holds the sockets. */
export interface RemoteHolder {
  readonly ask: (query: SocketQuery, index: number) => Promise<RemoteAnswer>;
  readonly dropped: (query: SocketQuery, index: number) => void;
  /** Its path may have been removed. */
  readonly mayBeLost: (query: SocketQuery, index: number) => void;
  /** We have closed all of them. Resolves when the holder has closed them too, or must keep them. */
  readonly letGo: (forOthers: readonly RemoteName[]) => Promise<void>;
}

export interface RemoteName {
  readonly query: SocketQuery;
  readonly index: number;
}

/** The sockets of a server under a supervisor: the supervisor holds them, this process keeps a copy of each handle. */
export class RemoteSockets implements SocketSource, SocketHolder {
  readonly #holder: RemoteHolder;
  readonly #below = new Set<SocketHolder>();
  readonly #kept = new WeakSet<HeldSocket>();
  readonly #lent = new WeakSet<HeldSocket>();
  readonly #forOthers = new WeakSet<HeldSocket>();
  readonly #known = new Map<string, Promise<HeldSocket | number>>();
  /** The entries of those that are open. */
  readonly #open = new WeakMap<Promise<HeldSocket | number>, RegistryEntry>();
  readonly #aliases = new WeakMap<Promise<HeldSocket | number>, HeldSocket>();

  #letGo: Promise<void> | undefined;

  constructor(holder: RemoteHolder) {
    this.#holder = holder;
  }

  open(query: SocketQuery, index = 0): Promise<HeldSocket | number> {
    if (this.#letGo) return Promise.resolve(ECANCELED);
    const key = socketKey(query, index);
    const known = this.#known.get(key);
    if (known && !hasFile(query)) return known;
    const answer = known ? this.#fetchAgain(known, query, index) : this.#fetch(query, index);
    this.#known.set(key, answer);
    void answer.then((held) => {
      if (typeof held === 'number') this.#known.delete(key);
      else this.#open.set(answer, { query, index, held });
    });
    return answer;
  }

  entries(): readonly RegistryEntry[] {
    return [...this.#known.values()].flatMap((answer) => this.#open.get(answer) ?? []);
  }

  alias(socket: HeldSocket, query: SocketQuery): void {
    const answer = Promise.resolve(socket);
    this.#aliases.set(answer, socket);
    this.#known.set(socketKey(query, 0), answer);
  }

  /** An embedded worker of ours is about to take the handle: it must not be closed under it. */
  release(query: SocketQuery): void {
    this.#known.delete(socketKey(query, 0));
  }

  lend(socket: HeldSocket): void {
    this.#lent.add(socket);
  }

  keep(socket: HeldSocket, isForOthers = false): void {
    this.#kept.add(socket);
    if (isForOthers) this.#forOthers.add(socket);
  }

  shareWith(holder: SocketHolder): void {
    this.#below.add(holder);
  }

  /** A socket makes way: for a socket of this server itself, only if the whole server is replaced. */
  async giveUp(key: string, claim: Claim): Promise<boolean> {
    const held = await this.#known.get(key);
    const isOpen = held !== undefined && typeof held !== 'number';
    if (isOpen && this.#kept.has(held) && !claim.isForced) return false;
    const names = isOpen ? this.#namesOf(held) : [key];
    for (const name of names) if (!(await allGiveUp(this.#below, name, claim))) return false;
    for (const name of names) this.#known.delete(name);
    if (isOpen) held.handle.close();
    return true;
  }

  /** With `port: 0` the socket is also known by the port that the system has chosen. */
  #namesOf(held: HeldSocket): readonly string[] {
    const isIt = (answer: Promise<HeldSocket | number>): boolean =>
      (this.#open.get(answer)?.held ?? this.#aliases.get(answer)) === held;
    return [...this.#known].filter(([, answer]) => isIt(answer)).map(([name]) => name);
  }

  drop(query: SocketQuery, index: number): void {
    const key = socketKey(query, index);
    void this.#known.get(key)?.then((held) => {
      if (typeof held === 'number' || this.#kept.has(held)) return;
      held.handle.close();
      this.#known.delete(key);
      this.#holder.dropped(query, index);
    });
  }

  restore(query: SocketQuery, index: number): void {
    if (this.#known.has(socketKey(query, index))) this.#holder.mayBeLost(query, index);
  }

  letGo(): Promise<void> {
    this.#letGo ??= this.#letGoOnce();
    return this.#letGo;
  }

  async #letGoOnce(): Promise<void> {
    const entries = this.entries();
    const forOthers = entries.filter(({ held }) => this.#forOthers.has(held));
    for (const { held } of entries) if (!this.#lent.has(held)) held.handle.close();
    await this.#holder.letGo(forOthers.map(({ query, index }) => ({ query, index })));
  }

  closeAll(): void {
    withdrawSource(this);
    for (const opened of new Set(this.#known.values())) {
      void opened.then((held) => {
        if (typeof held !== 'number') held.handle.close();
      });
    }
    this.#known.clear();
  }

  /** The holder checks that the path still exists; if it is lost, the answer is another socket. */
  async #fetchAgain(
    known: Promise<HeldSocket | number>,
    query: SocketQuery,
    index: number,
  ): Promise<HeldSocket | number> {
    const [before, now] = [await known, await this.#fetch(query, index)];
    if (typeof before === 'number' || typeof now === 'number') return typeof now === 'number' ? before : now;
    const isSame = now.sockname['file'] === before.sockname['file'];
    const isKept = this.#kept.has(before);
    if (isKept && !isSame) this.#kept.add(now);
    if (isSame) now.handle.close();
    else if (!isKept) before.handle.close();
    return isSame ? before : now;
  }

  async #fetch(query: SocketQuery, index: number): Promise<HeldSocket | number> {
    try {
      const { errno, sockname, handle } = await this.#holder.ask(query, index);
      if (handle && this.#letGo) {
        handle.close();
        return ECANCELED;
      }
      return handle ? { handle, sockname } : errno;
    } catch {
      return ECONNRESET;
    }
  }
}
