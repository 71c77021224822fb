import net from 'node:net';
import { resolve } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { ServerEngineError } from '../common/errors';
import { askManager } from './socket-manager-ask';
import { SocketManagerClient } from './socket-manager-client';
import { serveConnection, type ConnectionAnswer } from './socket-manager-connection';
import { acceptFrom, handleOf } from './socket-manager-handles';
import { generatePath, listenPrivately, removePath } from './socket-manager-path';
import type { ManagerRequest } from './socket-manager-protocol';
import { ManagedSockets } from './socket-manager-sockets';

const BACKLOG = 511;

/**
 * Holds listening sockets for other processes, which ask for them over a unix socket. Only processes of the same user
 * can connect to it (mode 0600), and only those that have its token are answered. It never accepts by itself, and does
 * not keep its process alive.
 */
export class SocketManagerServer {
  /** Where it listens, absolute. */
  readonly path: string;
  readonly #isToken: (given: unknown) => boolean;
  readonly #sockets: ManagedSockets;
  readonly #server = net.createServer({ allowHalfOpen: true });
  readonly #connections = new Set<net.Socket>();
  /** Another manager listens at our path too: it is no longer ours to remove. */
  #isShared = false;
  #closing: Promise<void> | undefined;

  private constructor(path: string, isToken: (given: unknown) => boolean) {
    this.path = path;
    this.#isToken = isToken;
    this.#sockets = new ManagedSockets();
    this.#server.on('connection', (connection) => this.#serve(connection));
    // It must be possible to open one anywhere without a thought to the end of the process.
    this.#server.unref();
  }

  /** A path for `open` that nobody has yet: in SERVERENGINE_SOCKETMANAGER_SOCK_DIR, else in the temporary directory. */
  static generatePath(): string {
    return generatePath();
  }

  /**
   * Opens a manager in this process. The token of its clients is SERVERENGINE_SOCKETMANAGER_INTERNAL_TOKEN; if that is
   * not set it is made and put there, so that all that is started from now on has it.
   * @param path made absolute. Default: `generatePath()`. What a killed manager has left there is replaced.
   * @throws EADDRINUSE when something else is there; ServerEngineError (ERR_SOCKET) when the path is too long, its
   *   directory cannot be written to, or this is a thread or Windows.
   */
  static async open(path: string = generatePath()): Promise<SocketManagerServer> {
    const manager = await SocketManagerServer.#make(path);
    await listenPrivately(manager.#server, manager.path);
    manager.#removeAtExit();
    return manager;
  }

  /**
   * Opens a manager that has a copy of every socket of the one at `path`, and of that one's own socket: from now on
   * both answer at the same path. Close the first one, or end its process, and the second goes on alone; nothing that
   * is sent meanwhile is lost. Sockets that clients ask of the first one later are not known to the second.
   * @throws ServerEngineError (ERR_SOCKET) when there is no manager or it has another token.
   */
  static async shareSocketsWithAnotherServer(path: string): Promise<SocketManagerServer> {
    const manager = await SocketManagerServer.#make(path);
    try {
      const copied = await manager.#copySockets(0);
      const { handle } = await askManager(manager.path, { method: 'share_manager' });
      if (!handle) throw new ServerEngineError('ERR_SOCKET', `The socket manager ${path} sent no socket.`);
      // What was opened while we copied.
      await manager.#copySockets(copied);
      acceptFrom(manager.#server, handle, BACKLOG);
      manager.#removeAtExit();
      return manager;
    } catch (error) {
      manager.#sockets.close();
      throw error;
    }
  }

  static async #make(path: string): Promise<SocketManagerServer> {
    refuseWhereImpossible();
    const { ensureToken, isSameToken } = await import('./socket-manager-token');
    const token = ensureToken();
    return new SocketManagerServer(resolve(path), (given) => isSameToken(given, token));
  }

  newClient(): SocketManagerClient {
    return new SocketManagerClient(this.path);
  }

  /**
   * Ends it. Its own sockets are closed; copies that others have stay open, and so does what the engine holds, when
   * it was opened in the server process of one.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#leave();
    process.off('exit', this.#leave);
    this.#sockets.close();
    for (const connection of this.#connections) connection.destroy();
    await new Promise<void>((done) => this.#server.close(() => done()));
  }

  #removeAtExit(): void {
    process.on('exit', this.#leave);
  }

  readonly #leave = (): void => {
    if (!this.#isShared) removePath(this.path);
  };

  async #copySockets(from: number): Promise<number> {
    for (let index = from; ; index += 1) {
      const { reply, handle } = await askManager(this.path, { method: 'share_socket', index });
      if (reply.status !== 'shared' || !handle) return index;
      const sockname = {};
      handle.getsockname?.(sockname);
      this.#sockets.adopt({ query: reply.query, held: { handle, sockname } });
    }
  }

  #serve(connection: net.Socket): void {
    this.#connections.add(connection);
    connection.once('close', () => this.#connections.delete(connection));
    serveConnection(connection, this.#isToken, (request) => this.#answer(request));
  }

  async #answer(request: ManagerRequest): Promise<ConnectionAnswer> {
    switch (request.method) {
      case 'listen_tcp':
      case 'listen_udp': {
        const protocol = request.method === 'listen_tcp' ? 'tcp' : 'udp';
        const { handle } = await this.#sockets.listen(protocol, request.bind, request.port);
        return { reply: { status: 'ok' }, handle };
      }
      case 'share_socket': {
        const socket = this.#sockets.at(request.index);
        if (!socket) return { reply: { status: 'none' } };
        return { reply: { status: 'shared', query: socket.query }, handle: socket.held.handle };
      }
      case 'share_manager':
        this.#isShared = true;
        return { reply: { status: 'ok' }, handle: handleOf(this.#server) };
    }
  }
}

function refuseWhereImpossible(): void {
  if (process.platform === 'win32') {
    throw new ServerEngineError(
      'ERR_SOCKET',
      'A socket manager cannot be opened on Windows: it hands out its sockets over a unix socket. ' +
        'Use listenTcp and listenUdp of the server.',
    );
  }
  // What it lays over its connections stays for ever, and would close descriptors of others when a thread ends.
  if (!isMainThread) {
    throw new ServerEngineError(
      'ERR_SOCKET',
      'A socket manager cannot be opened in a thread. ' +
        'Open it in beforeRun of the server, and give its path to the thread, which can be a client.',
    );
  }
}
