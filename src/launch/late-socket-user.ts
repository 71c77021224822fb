import type { SocketUser } from '../sockets/socket-users';

/** Made when it first asks: a worker that waits in reserve has no name before. */
export function lateSocketUser(make: () => SocketUser): SocketUser {
  let made: SocketUser | undefined;
  const user = (): SocketUser => (made ??= make());
  return {
    open: (query, index) => user().open(query, index),
    has: (query, index) => made?.has(query, index) ?? false,
    isListening: () => made?.isListening() ?? false,
    common: (key, brought) => user().common(key, brought),
    close: (key) => made?.close(key),
    leave: () => made?.leave(),
    end: () => made?.end(),
  };
}
