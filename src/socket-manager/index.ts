/** Listening sockets for any process that may ask: one manager holds them, its clients get copies. */
export { SocketManagerClient as Client } from './client';
export { SocketManagerServer as Server } from './server';
export type { SocketProtocol } from './protocol';
