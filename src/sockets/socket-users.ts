import type { Clock, ClockTimer } from '../common/clock';
import type { SocketName } from '../common/socket-moves';
import type { SocketQuery } from '../common/socket-query';
import { boundAddress } from './address-overlap';
import type { HeldSocket } from './held-socket';
import type { SocketClient } from './socket-client';
import type { Claim, SocketHolder } from './socket-holder';
import { SocketMoves, type Moving, type Place } from './socket-moves';
import { socketKey, type SocketSource } from './socket-registry';
import type { Claimant, Contested } from './succession';
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
  /** It has some open, and each of them somebody else has open, too. */
  sharesAll(): boolean;
  /** What all users of the socket are to have in common: what the first of them brought. */
  common(key: string, brought: unknown): unknown;
  /** It has closed the socket, and lives on. */
  close(key: string): void;
  /** It begins to end: what it closes from now on, its successor wants. */
  leave(): void;
  /** It is gone. */
  end(): void;
}

/** Who it is, for the question who may have a socket instead of whom. */
export interface SocketMember extends Claimant {
  /** Undefined: what it has, it does not give up. */
  readonly client?: SocketClient | undefined;
}

export interface SocketUsersOptions {
  /** Whether who asks may have a socket instead of those that have it. */
  readonly succeeds: (asker: Claimant, contested: Contested) => boolean;
  /** Whether who has it is another server process, for which there is nothing to weigh. */
  readonly forces?: (asker: Claimant, member: Claimant) => boolean;
  /** Workers were moved to another socket, back, or could not be. */
  readonly onMoved?: (moved: MovedNotice) => void;
}

export interface MovedNotice {
  readonly what: 'moved' | 'back' | 'lost';
  readonly from: SocketName | undefined;
  readonly to: SocketName | undefined;
  readonly users: number;
}

interface Use extends Place<Member, Use> {
  readonly query: SocketQuery;
  readonly index: number;
  /** Of all that ever had it. */
  readonly names: Set<string>;
  /** As the system names it, once it is open. */
  socket?: SocketName | undefined;
  common?: unknown;
  /** Runs while nobody has the socket, and it is to be closed for that. */
  timer?: ClockTimer | undefined;
  /** Whose close began that. */
  closer?: object | undefined;
}

interface Member extends SocketMember {
  isLeaving: boolean;
}

/** What is being asked for. Without an asker: for those that were there before, since all of their successors are gone. */
interface Asking {
  readonly asker: Member | undefined;
}

const NOBODY_YIELDS: SocketUsersOptions = { succeeds: () => false };

/**
 * Who has which sockets open, so that those which nobody wants any more are closed. A worker that dies wants its
 * sockets for the next one: only an explicit close, or a whole round of workers that never asked, shows that they are
 * not wanted. A successor that wants another address on the same port gets it: those before it go on there as guests.
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
          // Also one that it has closed before: its last act may have been to remove the path.
          if (hasFile(query)) this.#source.restore(query, index);
          if (wasUser) this.#bringBack(use);
        }
      },
    };
  }

  /** Everybody below is up: what nobody has open now, and nobody asks for in a while, is not wanted any more. */
  everybodyIsUp(): void {
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
      // Who asked may have died meanwhile.
      this.#bringBack(use);
      return opened;
    }
    use.users.delete(member);
    if (use.users.size === 0 && use.guests.size === 0 && this.#uses.get(key) === use) this.#uses.delete(key);
    return opened;
  }

  /** Those that make way for it go on with it; if there is nothing to go on with, they get back what they had. */
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
    this.#tellInVain(coming.filter(({ member }) => member.isLeaving));
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
    this.#tellInVain(mine);
    const users = mine.filter(({ member }) => !member.isLeaving).length;
    if (users > 0) this.#options.onMoved?.({ what: 'lost', from: home.socket, to: undefined, users });
  }

  /** They wait for a socket, and there is none for them. */
  #tellInVain(moving: readonly Moving<Member, Use>[]): void {
    for (const { member, seat, home } of moving) {
      member.client?.instead(seat, socketKey(home.query, home.index), undefined);
    }
  }

  /** None of the successors is left: those before them serve where they did. */
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

  /** One for each socket, as long as somebody has it or may go back to it. */
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

  /** It did not mean it: it closed its servers because it ends. */
  #forgive(user: object): void {
    for (const use of this.#uses.values()) if (use.closer === user) this.#keep(use);
  }

  #closeLater(key: string, use: Use, delayMs: number): void {
    // Opened by whoever started us, and not to be had again.
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
