import type { Clock, ClockTimer } from '../common/clock';
import type { SocketQuery } from '../common/socket-query';
import type { HeldSocket } from './held-socket';
import { socketKey, type SocketSource } from './socket-registry';
import { hasFile } from './unix-path';

// A worker that closes its server because it ends, or to listen anew, is done with that in less.
const CLOSED_MS = 1000;

// Long enough for a worker that connects to its database before it listens.
const UNWANTED_MS = 30_000;

/** One process below this one that asks for sockets. */
export interface SocketUser {
  open(query: SocketQuery, index: number): Promise<HeldSocket | number>;
  has(query: SocketQuery, index: number): boolean;
  /** It has one open. */
  isListening(): boolean;
  /** What all users of the socket are to have in common: what the first of them brought. */
  common(key: string, brought: unknown): unknown;
  /** It has closed the socket, and lives on. */
  close(key: string): void;
  /** It begins to end: what it closes from now on, its successor wants. */
  leave(): void;
  /** It is gone. */
  end(): void;
}

interface Use {
  readonly query: SocketQuery;
  readonly index: number;
  readonly users: Set<object>;
  common?: unknown;
  /** Runs while nobody has the socket, and it is to be closed for that. */
  timer?: ClockTimer | undefined;
  /** Whose close began that. */
  closer?: object | undefined;
}

/**
 * Who has which sockets open, so that those which nobody wants any more are closed. A worker that dies wants its
 * sockets for the next one: only an explicit close, or a whole round of workers that never asked, shows that they are
 * not wanted.
 */
export class SocketUse {
  readonly #source: SocketSource;
  readonly #clock: Clock;
  readonly #uses = new Map<string, Use>();

  constructor(source: SocketSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  user(): SocketUser {
    const self = {};
    let isLeaving = false;
    return {
      open: (query, index) => this.#open(self, query, index),
      has: (query, index) => this.#uses.get(socketKey(query, index))?.users.has(self) ?? false,
      isListening: () => [...this.#uses.values()].some(({ users }) => users.has(self)),
      common: (key, brought) => {
        const use = this.#uses.get(key);
        return use ? (use.common ??= brought) : brought;
      },
      close: (key) => this.#close(self, key, !isLeaving),
      leave: () => {
        isLeaving = true;
        this.#forgive(self);
      },
      end: () => {
        this.#forgive(self);
        for (const { query, index, users } of this.#uses.values()) {
          users.delete(self);
          // Also one that it has closed before: its last act may have been to remove the path.
          if (hasFile(query)) this.#source.restore(query, index);
        }
      },
    };
  }

  /** Everybody below is up: what nobody has open now, and nobody asks for in a while, is not wanted any more. */
  everybodyIsUp(): void {
    for (const [key, use] of this.#uses) {
      if (use.users.size === 0 && !use.timer) this.#closeLater(key, use, UNWANTED_MS);
    }
  }

  async #open(user: object, query: SocketQuery, index: number): Promise<HeldSocket | number> {
    const key = socketKey(query, index);
    const use = this.#uses.get(key) ?? { query, index, users: new Set<object>() };
    this.#uses.set(key, use);
    use.users.add(user);
    this.#keep(use);
    const opened = await this.#source.open(query, index);
    if (typeof opened === 'number') {
      use.users.delete(user);
      if (use.users.size === 0) this.#uses.delete(key);
    }
    return opened;
  }

  #close(user: object, key: string, isFinal: boolean): void {
    const use = this.#uses.get(key);
    if (!use?.users.delete(user) || use.users.size > 0 || !isFinal) return;
    use.closer = user;
    this.#closeLater(key, use, CLOSED_MS);
  }

  /** It did not mean it: it closed its servers because it ends. */
  #forgive(user: object): void {
    for (const use of this.#uses.values()) if (use.closer === user) this.#keep(use);
  }

  #closeLater(key: string, use: Use, delayMs: number): void {
    // Opened by whoever started us, and not to be had again.
    if (use.query.fd !== undefined) return;
    const close = (): void => {
      this.#uses.delete(key);
      this.#source.drop(use.query, use.index);
    };
    use.timer = this.#clock.after(delayMs, close, { unref: true });
  }

  #keep(use: Use): void {
    use.timer?.cancel();
    use.timer = undefined;
    use.closer = undefined;
  }
}
