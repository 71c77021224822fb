import type { SocketMember, SocketUser } from './socket-user';
import type { SocketUsers } from './socket-users';

/** Users that are started and replaced together, as the workers of one group are. */
export interface SocketGroup {
  user(who: SocketMember): SocketUser;
  /** Each of this group is up. */
  everybodyIsUp(): void;
}

/**
 * The groups of a server, which may listen on the same sockets. What nobody has is given up only when all groups are up:
 * a worker that is on its way, or waits to be started again, has not asked yet.
 */
export class SocketGroups {
  readonly #users: SocketUsers;
  readonly #onTheirWay = new Set<object>();

  constructor(users: SocketUsers) {
    this.#users = users;
  }

  /** One more group: none of it is up yet. */
  add(): SocketGroup {
    const group: SocketGroup = {
      user: (who) => {
        this.#onTheirWay.add(group);
        const user = this.#users.user(who);
        const end = (): void => {
          user.end();
          // Until its pool says that nobody is missing.
          this.#onTheirWay.add(group);
        };
        return { ...user, end };
      },
      everybodyIsUp: () => {
        this.#onTheirWay.delete(group);
        if (this.#onTheirWay.size === 0) this.#users.everybodyIsUp();
      },
    };
    this.#onTheirWay.add(group);
    return group;
  }
}
