import { basename, dirname, resolve } from 'node:path';
import { SocketManagerClient } from './client';
import { generatePath, isGenerated } from './path';
import type { RunningManager } from './running';

/**
 * Holds listening sockets for other processes, which ask for them over a unix socket. Only processes of the same user
 * can connect to it (mode 0600), and it answers only those that have its token. The manager itself never accepts, and does
 * not keep its process alive.
 */
export class SocketManagerServer {
  /** The absolute path of the manager's unix socket. */
  readonly path: string;
  readonly #running: RunningManager;

  private constructor(path: string, running: RunningManager) {
    this.path = path;
    this.#running = running;
  }

  /** An unused path for `open`: in SERVERENGINE_SOCKETMANAGER_SOCK_DIR, else in the temporary directory. */
  static generatePath(): string {
    return generatePath();
  }

  /**
   * Opens a manager in this process. The token of its clients is in SERVERENGINE_SOCKETMANAGER_INTERNAL_TOKEN. If that is
   * not set, open() creates a token and sets it, so every process that is started from now on has it.
   * @param path is made absolute. Default: `generatePath()`. The socket of a killed manager is
   *   replaced; sockets of killed managers at other generated paths next to it are removed.
   * @throws {Error} Thrown with the code EADDRINUSE if something else is at the path.
   * @throws {ServerEngineError} Thrown if the path is too long, its directory cannot be written to, or this is a
   *   thread or Windows (ERR_SOCKET).
   */
  static async open(path: string = generatePath()): Promise<SocketManagerServer> {
    const [{ RunningManager }, { removeLeftFiles }] = await Promise.all([
      import('./running'),
      import('./left-files'),
    ]);
    const absolute = resolve(path);
    if (isGenerated(basename(absolute))) await removeLeftFiles(dirname(absolute));
    return new SocketManagerServer(absolute, await RunningManager.open(absolute));
  }

  /**
   * Opens a manager with a copy of every socket of the manager at `path`, and of that manager's own socket: from now on
   * both answer at the same path. Close the first one, or end its process, and the second goes on alone; nothing that
   * arrives in the meantime is lost. The second does not know sockets that clients ask the first one for later.
   * @throws {ServerEngineError} Thrown if there is no manager or it has another token (ERR_SOCKET).
   */
  static async shareSocketsWithAnotherServer(path: string): Promise<SocketManagerServer> {
    const { RunningManager } = await import('./running');
    const absolute = resolve(path);
    return new SocketManagerServer(absolute, await RunningManager.share(absolute));
  }

  /** A client of this manager. Any process below this one can create one, too. */
  newClient(): SocketManagerClient {
    return new SocketManagerClient(this.path);
  }

  /**
   * Closes the manager and its sockets. Copies that other processes have stay open. So do sockets that the engine holds,
   * if the manager was opened in the server process of an engine.
   */
  close(): Promise<void> {
    return this.#running.close();
  }
}
