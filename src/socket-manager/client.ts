import type dgram from 'node:dgram';
import type net from 'node:net';
import { resolve } from 'node:path';
import { inspect } from 'node:util';
import { ServerEngineError } from '../common/errors';
import type { RawHandle } from '../sockets/held-socket';
import type { SocketProtocol } from './protocol';

/**
 * Gets listening sockets from a manager. A client works in any process or thread of the same user that has the manager's
 * token: every process that the manager's process starts after opening it has the token.
 *
 * Every call returns a new copy: close it when you no longer need it. The manager keeps the socket, so
 * connections wait in its queue while no process accepts. The same address gives the same socket, whichever process asks.
 */
export class SocketManagerClient {
  /** Where the manager listens, absolute. */
  readonly path: string;

  /**
   * @param path the `path` of the manager.
   * @throws {ServerEngineError} Thrown if that is not a path (ERR_SOCKET).
   */
  constructor(path: string) {
    if (typeof path !== 'string' || path === '') {
      throw new ServerEngineError(
        'ERR_SOCKET',
        `new SocketManager.Client needs the path of a manager, got ${inspect(path)}. Give it the manager's path.`,
      );
    }
    this.path = resolve(path);
  }

  /**
   * A TCP socket. It accepts from its first listener for 'connection' on; until a process accepts,
   * connections are refused. A socket for an IPv6 address takes no IPv4 connections.
   * @param bind an address or a host name; '0.0.0.0' or '::' for all.
   * @param port with 0 the system chooses, once for the manager.
   * @throws {Error} Thrown by Node if the address cannot be bound (EADDRINUSE, EACCES…).
   * @throws {ServerEngineError} Thrown if there is no manager or it does not answer this process (ERR_SOCKET).
   */
  async listenTcp(bind: string, port: number): Promise<net.Server> {
    const handle = await this.#ask('listen_tcp', bind, port);
    const { receivedServer } = await import('./received');
    return receivedServer(handle);
  }

  /** A UDP socket. It reads from its first listener for 'message' on. Otherwise like listenTcp. */
  async listenUdp(bind: string, port: number): Promise<dgram.Socket> {
    const handle = await this.#ask('listen_udp', bind, port);
    const { receivedDatagrams } = await import('./received');
    return receivedDatagrams(handle);
  }

  /** listenTcp or listenUdp, by name. */
  listen(protocol: 'tcp', bind: string, port: number): Promise<net.Server>;
  /** listenTcp or listenUdp, by name. */
  listen(protocol: 'udp', bind: string, port: number): Promise<dgram.Socket>;
  /** listenTcp or listenUdp, by name. */
  listen(protocol: SocketProtocol, bind: string, port: number): Promise<net.Server | dgram.Socket>;
  async listen(protocol: SocketProtocol, bind: string, port: number): Promise<net.Server | dgram.Socket> {
    switch (protocol) {
      case 'tcp':
        return this.listenTcp(bind, port);
      case 'udp':
        return this.listenUdp(bind, port);
      default:
        throw new ServerEngineError(
          'ERR_SOCKET',
          `SocketManager.Client.listen: protocol must be 'tcp' or 'udp', got ${inspect(protocol)}.`,
        );
    }
  }

  async #ask(method: 'listen_tcp' | 'listen_udp', bind: string, port: number): Promise<RawHandle> {
    // Every program loads this file, few call it.
    const [{ askManager, nothingCame }, { checkAddress }] = await Promise.all([
      import('./ask'),
      import('./protocol'),
    ]);
    const { handle } = await askManager(this.path, { method, ...checkAddress(method, bind, port) });
    if (handle) return handle;
    throw nothingCame(this.path);
  }
}
