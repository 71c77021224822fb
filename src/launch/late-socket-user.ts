import type { SocketUser } from '../sockets/socket-user';

export interface LateSocketUser {
  readonly user: SocketUser;
  /** Registers it under its name from now on. */
  readonly begin: () => void;
}

/** A worker in reserve has no name: it counts as a user of sockets once it has an id, or has asked for a socket. */
export function lateSocketUser(make: () => SocketUser): LateSocketUser {
  let made: SocketUser | undefined;
  const begin = (): SocketUser => (made ??= make());
  const user: SocketUser = {
    open: (query, index) => begin().open(query, index),
    has: (query, index) => made?.has(query, index) ?? false,
    isListening: () => made?.isListening() ?? false,
    sharesAll: () => made?.sharesAll() ?? false,
    common: (key, brought) => begin().common(key, brought),
    close: (key) => made?.close(key),
    leave: () => made?.leave(),
    end: () => made?.end(),
  };
  return { user, begin };
}
