import { resolve } from 'node:path';
import { SocketManagerClient } from './client';
import { generatePath } from './path';
import type { RunningManager } from './running';

/**
 * Holds listening sockets for other processes, which ask for them over a unix socket. Only processes of the same user
 * can connect to it (mode 0600), and only those that have its token are answered. It never accepts by itself, and does
 * not keep its process alive.
 */
export class SocketManagerServer {
  /** Where it listens, absolute. */
  readonly path: string;
  readonly #running: RunningManager;

  private constructor(path: string, running: RunningManager) {
    this.path = path;
    this.#running = running;
  }

  /** A path for `open` that nobody has yet: in SERVERENGINE_SOCKETMANAGER_SOCK_DIR, else in the temporary directory. */
  static generatePath(): string {
    return generatePath();
  }

  /**
   * Opens a manager in this process. The token of its clients is SERVERENGINE_SOCKETMANAGER_INTERNAL_TOKEN; if that is
   * not set it is made and put there, so that all that is started from now on has it.
   * @param path made absolute. Default: `generatePath()`. What a killed manager has left there is replaced.
   * @throws {Error} Thrown with the code EADDRINUSE when something else is there.
   * @throws {ServerEngineError} Thrown when the path is too long, its directory cannot be written to, or this is a
   *   thread or Windows (ERR_SOCKET).
   */
  static async open(path: string = generatePath()): Promise<SocketManagerServer> {
    const { RunningManager } = await import('./running');
    const absolute = resolve(path);
    return new SocketManagerServer(absolute, await RunningManager.open(absolute));
  }

  /**
   * Opens a manager that has a copy of every socket of the one at `path`, and of that one's own socket: from now on
   * both answer at the same path. Close the first one, or end its process, and the second goes on alone; nothing that
   * is sent meanwhile is lost. Sockets that clients ask of the first one later are not known to the second.
   * @throws {ServerEngineError} Thrown when there is no manager or it has another token (ERR_SOCKET).
   */
  static async shareSocketsWithAnotherServer(path: string): Promise<SocketManagerServer> {
    const { RunningManager } = await import('./running');
    const absolute = resolve(path);
    return new SocketManagerServer(absolute, await RunningManager.share(absolute));
  }

  /** A client of this manager, as any process below this one can make it. */
  newClient(): SocketManagerClient {
    return new SocketManagerClient(this.path);
  }

  /**
   * Ends it. Its own sockets are closed; copies that others have stay open, and so does what the engine holds, when
   * it was opened in the server process of one.
   */
  close(): Promise<void> {
    return this.#running.close();
  }
}
