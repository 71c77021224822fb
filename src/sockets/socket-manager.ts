/** Listening sockets for any process that may ask: one manager holds them, its clients get copies. */
export { SocketManagerClient as Client } from './socket-manager-client';
export { SocketManagerServer as Server } from './socket-manager-server';
export type { SocketProtocol } from './socket-manager-protocol';
