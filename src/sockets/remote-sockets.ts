import type { SocketQuery } from '../common/socket-query';
import type { HeldSocket, RawHandle } from './held-socket';
import { withdrawSource } from './socket-manager-source';
import { socketKey, type RegistryEntry, type SocketSource } from './socket-registry';

/** What came back for a query: a handle, or a negative errno. */
export interface RemoteAnswer {
  readonly errno: number;
  readonly sockname: Readonly<Record<string, unknown>>;
  readonly handle: RawHandle | undefined;
}

// The process above went away while it was asked.
const ECONNRESET = -104;

/** The sockets of a server under a supervisor: the supervisor holds them, this process keeps a copy of each handle. */
export class RemoteSockets implements SocketSource {
  readonly #tellDropped: (query: SocketQuery, index: number) => void;
  readonly #kept = new WeakSet<HeldSocket>();
  readonly #ask: (query: SocketQuery, index: number) => Promise<RemoteAnswer>;
  readonly #known = new Map<string, Promise<HeldSocket | number>>();
  /** What came of those that are known. */
  readonly #open = new WeakMap<Promise<HeldSocket | number>, RegistryEntry>();

  constructor(
    ask: (query: SocketQuery, index: number) => Promise<RemoteAnswer>,
    tellDropped: (query: SocketQuery, index: number) => void,
  ) {
    this.#ask = ask;
    this.#tellDropped = tellDropped;
  }

  open(query: SocketQuery, index = 0): Promise<HeldSocket | number> {
    const key = socketKey(query, index);
    const known = this.#known.get(key);
    if (known) return known;
    const answer = this.#fetch(query, index);
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
    this.#known.set(socketKey(query, 0), Promise.resolve(socket));
  }

  /** An embedded worker of ours is about to take the handle: it is not to be closed under it. */
  release(query: SocketQuery): void {
    this.#known.delete(socketKey(query, 0));
  }

  keep(socket: HeldSocket): void {
    this.#kept.add(socket);
  }

  drop(query: SocketQuery, index: number): void {
    const key = socketKey(query, index);
    void this.#known.get(key)?.then((held) => {
      if (typeof held === 'number' || this.#kept.has(held)) return;
      held.handle.close();
      this.#known.delete(key);
      this.#tellDropped(query, index);
    });
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

  async #fetch(query: SocketQuery, index: number): Promise<HeldSocket | number> {
    try {
      const { errno, sockname, handle } = await this.#ask(query, index);
      return handle ? { handle, sockname } : errno;
    } catch {
      return ECONNRESET;
    }
  }
}
