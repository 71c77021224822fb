/** Listening sockets for other processes: a manager holds them, and its clients get copies. */
export { SocketManagerClient as Client } from './client';
export { SocketManagerServer as Server } from './server';
export type { SocketProtocol } from './protocol';
