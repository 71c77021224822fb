import type { Clock, ClockTimer } from '../common/clock';
import type { SocketName } from '../common/socket-moves';
import type { SocketQuery } from '../common/socket-query';
import { boundAddress } from './address-overlap';
import type { HeldSocket } from './held-socket';
import type { Claim, SocketHolder } from './socket-holder';
import { SocketMoves, type Moving, type Place } from './socket-moves';
import { socketKey, type SocketSource } from './socket-registry';
import type { SocketMember, SocketUser, SocketUsersOptions } from './socket-user';
import { hasFile } from './unix-path';

// A worker that closes its server because it ends, or to listen again, needs less time than this.
const CLOSED_MS = 1000;

// Long enough for a worker that connects to its database before it listens.
export const UNWANTED_MS = 30_000;

interface Use extends Place<Member, Use> {
  readonly query: SocketQuery;
  readonly index: number;
  /** The names of all processes that ever had it. */
  readonly names: Set<string>;
  /** The name that the system gives it, once it is open. */
  socket?: SocketName | undefined;
  common?: unknown;
  /** Runs while no process has the socket: it is closed when the time is over. */
  timer?: ClockTimer | undefined;
  /** The process whose close started the timer. */
  closer?: object | undefined;
}

interface Member extends SocketMember {
  isLeaving: boolean;
}

/** A claim to a socket. Without an asker it is for the earlier users, because all of their successors are gone. */
interface Asking {
  readonly asker: Member | undefined;
}

const NOBODY_YIELDS: SocketUsersOptions = { succeeds: () => false };

/**
 * Knows which processes have which sockets open, and closes sockets that no process wants any more. A worker that dies leaves
 * its sockets to the next one: only an explicit close, or a whole round of workers that never asked, shows that a socket is
 * not wanted. A successor that wants another address on the same port gets it: the earlier workers go on there as guests.
 */
export class SocketUsers implements SocketHolder {
  readonly #source: SocketSource;
  readonly #clock: Clock;
  readonly #options: SocketUsersOptions;
  readonly #uses = new Map<string, Use>();
  readonly #moves = new SocketMoves<Member, Use>();
  readonly #claims = new Map<string, Asking>();

  constructor(source: SocketSource, clock: Clock, options: SocketUsersOptions = NOBODY_YIELDS) {
    this.#source = source;
    this.#clock = clock;
    this.#options = options;
    source.shareWith(this);
  }

  user(who: SocketMember = { name: '', age: 0 }): SocketUser {
    const self: Member = { ...who, isLeaving: false };
    return {
      open: (query, index) => this.#open(self, query, index),
      has: (query, index) => this.#uses.get(socketKey(query, index))?.users.has(self) ?? false,
      isListening: () =>
        [...this.#uses.values()].some(
          (use) => use.users.has(self) || [...use.guests].some(({ member }) => member === self),
        ),
      sharesAll: () => {
        const mine = [...this.#uses.values()].filter(({ users }) => users.has(self));
        return mine.length > 0 && mine.every(({ users }) => users.size > 1);
      },
      common: (key, brought) => {
        const use = this.#uses.get(key);
        return use ? (use.common ??= brought) : brought;
      },
      close: (key) => this.#close(self, key),
      leave: () => {
        self.isLeaving = true;
        this.#forgive(self);
        for (const use of this.#uses.values()) this.#moves.forget(use, self);
      },
      end: () => {
        self.isLeaving = true;
        this.#forgive(self);
        for (const use of [...this.#uses.values()]) {
          const { query, index, users } = use;
          this.#moves.forget(use, self);
          const wasUser = users.delete(self);
          // Even a socket that it has closed before: its last act may have been to remove the path.
          if (hasFile(query)) this.#source.restore(query, index);
          if (wasUser) this.#bringBack(use);
        }
      },
    };
  }

  /** All workers are up: a socket that none has open now, and none asks for in a while, is no longer wanted. */
  allAreUp(): void {
    for (const [key, use] of this.#uses) {
      if (use.users.size === 0 && use.guests.size === 0 && !use.timer) {
        this.#closeLater(key, use, UNWANTED_MS);
      }
    }
  }

  async giveUp(key: string, { key: by, isForced }: Claim): Promise<boolean> {
    const use = this.#uses.get(key);
    if (!use) return true;
    const claim = this.#claims.get(by);
    if (!isForced && !this.#mayTake(claim, use)) return false;
    this.#keep(use);
    this.#uses.delete(key);
    const outcome = await this.#moves.vacate(use, (member, seat) => {
      const { socket } = use;
      if (!member.client || !socket) return Promise.resolve('refused' as const);
      const isOther = claim?.asker !== undefined && this.#options.forces?.(claim.asker, member) === true;
      return member.client.giveUp({ seat, key, socket, by, isForced: isForced || isOther });
    });
    this.#moves.wait(by, outcome.moving);
    if (!outcome.isEmpty) this.#uses.set(key, use);
    return outcome.isEmpty;
  }

  #mayTake(claim: Asking | undefined, { users, guests, names }: Use): boolean {
    if (users.size === 0 && guests.size === 0) return true;
    if (!claim?.asker) return claim !== undefined && users.size === 0;
    const all = [...users, ...[...guests].map(({ member }) => member)];
    return this.#options.succeeds(claim.asker, { users: all, names });
  }

  async #open(member: Member, query: SocketQuery, index: number): Promise<HeldSocket | number> {
    const key = socketKey(query, index);
    const use = this.#useOf(query, index);
    use.users.add(member);
    use.names.add(member.name);
    this.#keep(use);
    const opened = await this.#claim(use, member);
    if (typeof opened !== 'number') {
      // The asker may have died meanwhile.
      this.#bringBack(use);
      return opened;
    }
    use.users.delete(member);
    if (use.users.size === 0 && use.guests.size === 0 && this.#uses.get(key) === use) this.#uses.delete(key);
    return opened;
  }

  /** Workers that make way for the new socket go on with it. If it cannot be opened, they get back what they had. */
  async #claim(use: Use, asker: Member | undefined): Promise<HeldSocket | number> {
    const key = socketKey(use.query, use.index);
    const claim = { asker };
    this.#claims.set(key, claim);
    const opened = await this.#source.open(use.query, use.index);
    if (this.#claims.get(key) === claim) this.#claims.delete(key);
    const moving = this.#moves.take(key);
    if (typeof opened !== 'number') {
      use.socket = nameOf(use.query, opened);
      this.#moveIn(use, opened, moving);
    } else {
      for (const home of new Set(moving.map((guest) => guest.home))) await this.#goHome(home, moving);
    }
    return opened;
  }

  #moveIn(use: Use, held: HeldSocket, moving: readonly Moving<Member, Use>[]): void {
    const key = socketKey(use.query, use.index);
    const from = moving[0]?.from.socket;
    const coming = [...moving, ...this.#moves.callHome(this.#uses.values(), use)];
    const alive = coming.filter(({ member }) => !member.isLeaving);
    this.#reportFailedMove(coming.filter(({ member }) => member.isLeaving));
    for (const { member, home, seat } of alive) {
      member.client?.instead(seat, key, held);
      if (home === use) use.users.add(member);
      else use.guests.add({ member, home, seat });
    }
    if (alive.length === 0) return;
    const what = alive.some(({ home }) => home === use) ? 'back' : 'moved';
    this.#options.onMoved?.({ what, from, to: use.socket, users: alive.length });
  }

  async #goHome(home: Use, moving: readonly Moving<Member, Use>[]): Promise<void> {
    const mine = moving.filter((guest) => guest.home === home);
    const key = socketKey(home.query, home.index);
    this.#uses.set(key, home);
    const opened = await this.#source.open(home.query, home.index);
    if (typeof opened !== 'number') {
      this.#moveIn(home, opened, mine);
      return;
    }
    if (home.users.size === 0) this.#uses.delete(key);
    this.#reportFailedMove(mine);
    const users = mine.filter(({ member }) => !member.isLeaving).length;
    if (users > 0) this.#options.onMoved?.({ what: 'lost', from: home.socket, to: undefined, users });
  }

  /** Notifies workers that wait for a socket that there is none for them. */
  #reportFailedMove(moving: readonly Moving<Member, Use>[]): void {
    for (const { member, seat, home } of moving) {
      member.client?.instead(seat, socketKey(home.query, home.index), undefined);
    }
  }

  /** No successor is left: the earlier workers serve again where they did before. */
  #bringBack(use: Use): void {
    if (use.users.size > 0 || use.guests.size === 0) return;
    void (async () => {
      for (const home of new Set([...use.guests].map((guest) => guest.home))) {
        const { query, index, users } = this.#useOf(home.query, home.index);
        const opened = await this.#claim(home, undefined);
        if (typeof opened === 'number' && users.size === 0) this.#uses.delete(socketKey(query, index));
      }
    })();
  }

  /** There is one per socket, while a worker has it or may go back to it. */
  #useOf(query: SocketQuery, index: number): Use {
    const key = socketKey(query, index);
    const guests = [...this.#uses.values()].flatMap((use) => [...use.guests]);
    const left = guests.find(({ home }) => socketKey(home.query, home.index) === key)?.home;
    const use = this.#uses.get(key) ?? left ?? newUse(query, index);
    this.#uses.set(key, use);
    return use;
  }

  #close(user: Member, key: string): void {
    const use = this.#uses.get(key);
    if (!use) return;
    this.#moves.forget(use, user);
    if (!use.users.delete(user) || use.users.size > 0 || user.isLeaving) return;
    use.closer = user;
    this.#closeLater(key, use, CLOSED_MS);
  }

  /** A worker that ends closes its servers: that does not mean that they are no longer needed. */
  #forgive(user: object): void {
    for (const use of this.#uses.values()) if (use.closer === user) this.#keep(use);
  }

  #closeLater(key: string, use: Use, delayMs: number): void {
    // The process that started this one has opened it, and it could not be opened again.
    if (use.query.fd !== undefined) return;
    const close = (): void => {
      this.#keep(use);
      if (use.guests.size > 0) {
        this.#bringBack(use);
        return;
      }
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

function newUse(query: SocketQuery, index: number): Use {
  return { query, index, users: new Set(), guests: new Set(), names: new Set() };
}

function nameOf(query: SocketQuery, { sockname }: HeldSocket): SocketName | undefined {
  const { isDatagram, address, port } = boundAddress(query, sockname) ?? {};
  return isDatagram === undefined || address === undefined || port === undefined
    ? undefined
    : { isDatagram, address, port };
}
