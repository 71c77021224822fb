import type { GiveUpOutcome } from '../common/socket-moves';

/** A user that had to give up its own socket, and goes on with another one. */
export interface Guest<M, P> {
  readonly member: M;
  /** Where it goes back to if the users for which it made way do not stay. */
  readonly home: P;
  /** Identifies the server in the other process while it is away from its own socket. */
  readonly seat: number;
}

export interface Moving<M, P> extends Guest<M, P> {
  readonly from: P;
}

/** A socket and its users. */
export interface Place<M, P> {
  readonly users: Set<M>;
  readonly guests: Set<Guest<M, P>>;
}

/** Tracks users on the way from one socket to another. */
export class SocketMoves<M, P extends Place<M, P>> {
  /** By the key of the socket for which they have made way. */
  readonly #waiting = new Map<string, readonly Moving<M, P>[]>();
  #seats = 0;

  /** Asks all users of a place to give it up. isEmpty: all did. */
  async vacate(
    place: P,
    ask: (member: M, seat: number) => Promise<GiveUpOutcome>,
  ): Promise<{ readonly isEmpty: boolean; readonly moving: readonly Moving<M, P>[] }> {
    const all: Moving<M, P>[] = [
      ...[...place.users].map((member) => ({ member, home: place, seat: (this.#seats += 1), from: place })),
      ...[...place.guests].map((guest) => ({ ...guest, from: place })),
    ];
    const outcomes = await Promise.all(all.map(({ member, seat }) => ask(member, seat)));
    place.users.clear();
    place.guests.clear();
    return {
      isEmpty: !outcomes.includes('refused'),
      // Including those that refused: they may only have been slow, and close it after all.
      moving: all.filter((_, index) => outcomes[index] !== 'nothing'),
    };
  }

  wait(key: string, moving: readonly Moving<M, P>[]): void {
    if (moving.length > 0) this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), ...moving]);
  }

  take(key: string): readonly Moving<M, P>[] {
    const moving = this.#waiting.get(key) ?? [];
    this.#waiting.delete(key);
    return moving;
  }

  /** The users whose own socket it is, and who are guests elsewhere. */
  callHome(places: Iterable<P>, home: P): readonly Moving<M, P>[] {
    const found: Moving<M, P>[] = [];
    for (const place of places) {
      for (const guest of place.guests) {
        if (guest.home !== home) continue;
        place.guests.delete(guest);
        found.push({ ...guest, from: place });
      }
    }
    return found;
  }

  /** The user is gone, or has closed it. */
  forget(place: P, member: M): void {
    for (const guest of place.guests) {
      if (guest.member === member) place.guests.delete(guest);
    }
  }
}
