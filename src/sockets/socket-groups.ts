import type { SocketMember, SocketUser } from './socket-user';
import type { SocketUsers } from './socket-users';

/** Users that are started and replaced together, such as the workers of one group. */
export interface SocketGroup {
  user(who: SocketMember): SocketUser;
  /** All users of this group are up. */
  allAreUp(): void;
}

/**
 * The groups of a server, which may listen on the same sockets. An unused socket is closed only when all groups are up:
 * a worker that is starting, or waits for a restart, has not asked yet.
 */
export class SocketGroups {
  readonly #users: SocketUsers;
  readonly #onTheirWay = new Set<object>();

  constructor(users: SocketUsers) {
    this.#users = users;
  }

  /** Adds a group: none of its users is up yet. */
  add(): SocketGroup {
    const group: SocketGroup = {
      user: (who) => {
        this.#onTheirWay.add(group);
        const user = this.#users.user(who);
        const end = (): void => {
          user.end();
          // Until its pool reports that no worker is missing.
          this.#onTheirWay.add(group);
        };
        return { ...user, end };
      },
      allAreUp: () => {
        this.#onTheirWay.delete(group);
        if (this.#onTheirWay.size === 0) this.#users.allAreUp();
      },
    };
    this.#onTheirWay.add(group);
    return group;
  }
}
