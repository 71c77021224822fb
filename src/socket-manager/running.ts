import net from 'node:net';
import { isMainThread } from 'node:worker_threads';
import { ServerEngineError } from '../common/errors';
import { askManager, nothingCame } from './ask';
import { serveConnection, type ConnectionAnswer } from './connection';
import { acceptFrom, listeningHandle } from '../node-internals/listening-handle';
import type { ManagerRequest } from './protocol';
import { ManagedSockets } from './sockets';
import { ensureToken, isSameToken } from './token';
import { listenPrivately, type PrivateSocketOptions } from '../sockets/listen-privately';
import { unlink } from '../sockets/unix-file';
import { DIRECTORY_ENV } from './path';

const BACKLOG = 511;

const SOCKET_OPTIONS: PrivateSocketOptions = {
  owner: 'The socket manager',
  cure: `, for example with ${DIRECTORY_ENV}`,
};

/** The implementation of SocketManager.Server; loaded with the first one that opens. */
export class RunningManager {
  readonly #path: string;
  readonly #token: string;
  readonly #sockets: ManagedSockets;
  readonly #server = net.createServer({ allowHalfOpen: true });
  readonly #connections = new Set<net.Socket>();
  /** Another manager listens at our path, too: we must not remove it any more. */
  #isShared = false;
  #closing: Promise<void> | undefined;

  private constructor(path: string) {
    refuseWhereImpossible();
    this.#path = path;
    this.#token = ensureToken();
    this.#sockets = new ManagedSockets();
    this.#server.on('connection', (connection) => this.#serve(connection));
    // Usually too many open files: the client notices by getting no answer.
    this.#server.on('error', () => {});
    // A manager must not keep its process alive.
    this.#server.unref();
  }

  /** At its own path. */
  static async open(path: string): Promise<RunningManager> {
    const manager = new RunningManager(path);
    await listenPrivately(manager.#server, path, SOCKET_OPTIONS);
    process.on('exit', manager.#leave);
    return manager;
  }

  /** At the path of another manager, with copies of all its sockets. */
  static async share(path: string): Promise<RunningManager> {
    const manager = new RunningManager(path);
    try {
      const copied = await manager.#copySockets(0);
      const { handle } = await askManager(path, { method: 'share_manager' });
      if (!handle) throw nothingCame(path);
      // Sockets that were opened while we copied.
      await manager.#copySockets(copied);
      acceptFrom(manager.#server, handle, BACKLOG);
      process.on('exit', manager.#leave);
      return manager;
    } catch (error) {
      manager.#sockets.close();
      throw error;
    }
  }

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

  readonly #leave = (): void => {
    if (!this.#isShared) unlink(this.#path);
  };

  async #copySockets(from: number): Promise<number> {
    for (let index = from; ; index += 1) {
      const { reply, handle } = await askManager(this.#path, { method: 'share_socket', index });
      if (reply.status !== 'shared') return index;
      if (!handle) throw nothingCame(this.#path);
      const sockname = {};
      handle.getsockname?.(sockname);
      this.#sockets.adopt({ query: reply.query, held: { handle, sockname } });
    }
  }

  #serve(connection: net.Socket): void {
    this.#connections.add(connection);
    connection.once('close', () => this.#connections.delete(connection));
    serveConnection(
      connection,
      (given) => isSameToken(given, this.#token),
      (request) => this.#answer(request),
    );
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
        return { reply: { status: 'ok' }, handle: listeningHandle(this.#server) };
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
  // The hook for its connections is permanent, and would close descriptors of others when a thread ends.
  if (!isMainThread) {
    throw new ServerEngineError(
      'ERR_SOCKET',
      'A socket manager cannot be opened in a thread. ' +
        'Open it in beforeRun of the server, and give its path to the thread, which can be a client.',
    );
  }
}
