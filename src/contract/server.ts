import type { Socket as UdpSocket } from 'node:dgram';
import type { Server as NetServer } from 'node:net';
import { ServerEngineError } from '../common/errors';
import type { Logger } from '../record/logger';
import type { ServerContext } from './context';
import { defineInjected, requireContext } from './injected';
import type { BroadcastResult } from './results';
import type {
  BroadcastOptions,
  ListenTcpOptions,
  ListenUdpOptions,
  ListenUnixOptions,
  ServerControl,
  WorkerPeer,
  WorkerView,
} from './server-control';

/**
 * The server process: it opens what workers share, and gets every command. Subclass it and put `@server({…})` on the class,
 * or pass null to ServerEngine.create for a plain server. Overrides of stop, restart, reload, reloadConfig and dump must
 * call super, which carries the command out.
 *
 * `M` is the type of the messages that it sends to workers; default: any.
 */
/* eslint-disable @typescript-eslint/no-explicit-any -- the defaults let Server stand for every Server<C, M> */
export class Server<C extends object = any, M = any> {
  /* eslint-enable @typescript-eslint/no-explicit-any */
  /** The validated configuration, frozen; reloadConfig() replaces it. */
  declare readonly config: Readonly<C>;
  /** Writes to the log of the engine. */
  declare readonly logger: Logger;

  readonly #control: ServerControl | undefined;

  constructor(context: ServerContext<C>) {
    requireContext(context, new.target.name, 'Server');
    this.#control = context.control;
    defineInjected(this, { config: () => context.config, logger: () => context.logger });
  }

  /** Called before the first worker starts: open sockets here. If it throws, the server ends with status 1. */
  beforeRun(): void | Promise<void> {}

  /** Called after the last worker has ended, even if beforeRun() failed. If it throws, the error is logged. */
  afterRun(): void | Promise<void> {}

  /** Called in the supervisor, if there is one, after each start of the server process. If it throws, the error is logged. */
  afterStart(): void | Promise<void> {}

  /**
   * Called for each message that a worker sends. Messages of one worker come in the order in which they were sent; none waits
   * for an earlier one. If the hook throws, or its promise is rejected, the error is logged, and the worker gets `ok: false`.
   * @param message a copy of what the worker has sent. Declare its type in the override: the workers' send() then takes no other.
   * @param from the worker, with its group and id. `from.send()` answers it.
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any, @typescript-eslint/no-unused-vars -- for those who override it
  onMessage(message: any, from: WorkerPeer<M>): void | Promise<void> {}

  /**
   * Stops every worker, then the server.
   * @param graceful true: requests in flight are answered first. false: stop at once.
   * @throws {ServerEngineError} Thrown outside the server process of a running engine (ERR_WRONG_PROCESS). Every method
   *   below throws it, too.
   */
  stop(graceful: boolean): void | Promise<void> {
    this.#engine('stop').stop(graceful);
  }

  /**
   * Reads the configuration again, then replaces every worker. If the configuration is invalid, the last good one stays, and
   * the workers are still replaced.
   * @param graceful true: each worker finishes its work first. false: it ends at once.
   * @param group the group of workers to replace; default: all. An override must pass it on to super.
   */
  async restart(graceful: boolean, group?: string): Promise<void> {
    const control = this.#engine('restart');
    await this.reloadConfig();
    control.restart(graceful, group);
  }

  /** Reads the configuration again, then passes it to the workers. */
  async reload(): Promise<void> {
    const control = this.#engine('reload');
    await this.reloadConfig();
    control.reloadWorkers();
  }

  /** Reads the configuration again. If it is invalid, the error is logged and the last good one stays in force. */
  async reloadConfig(): Promise<void> {
    await this.#engine('reloadConfig').reloadConfig();
  }

  /** Makes the server and every worker write what they are doing: a dump in `sigdumpDir`, and a line in the log. */
  dump(): void | Promise<void> {
    this.#engine('dump').dump();
  }

  /**
   * Sets the number of workers; surplus workers stop gracefully. The number stays until the next reload,
   * which sets `workers` again.
   * @throws {ConfigError} Thrown unless the number is an integer >= 0 (ERR_CONFIG_INVALID).
   */
  scale(workers: number): void {
    this.#engine('scale').scale(workers);
  }

  /** The workers at this moment. */
  get workers(): readonly WorkerView<M>[] {
    return this.#engine('workers').workers();
  }

  /**
   * Sends a copy of the message to onMessage() of every worker that is alive. A worker that starts later does not get it.
   * Resolves when each of them has handled it, or is not going to. Never rejects.
   * @throws {ServerEngineError} Thrown if there can be no copy of the message, or it is larger than 4 MB, or all workers are
   *   other programs (ERR_MESSAGE).
   * @throws {ConfigError} Thrown if there is no group of that name (ERR_CONFIG_INVALID).
   */
  broadcast(message: M, options?: BroadcastOptions): Promise<BroadcastResult> {
    return this.#engine('broadcast').broadcast(message, options);
  }

  /**
   * Opens a listening TCP socket that this process holds and the workers accept from.
   * @throws {Error} Thrown with Node's own code (EADDRINUSE, EACCES…) if the socket cannot be opened.
   */
  listenTcp(options: ListenTcpOptions): Promise<NetServer> {
    return this.#engine('listenTcp').listenTcp(options);
  }

  /** Like listenTcp, for datagrams. */
  listenUdp(options: ListenUdpOptions): Promise<UdpSocket> {
    return this.#engine('listenUdp').listenUdp(options);
  }

  /** Like listenTcp, for a unix socket. The file is removed when the server ends. */
  listenUnix(options: ListenUnixOptions): Promise<NetServer> {
    return this.#engine('listenUnix').listenUnix(options);
  }

  #engine(method: string): ServerControl {
    // In a worker, the server view has this prototype but was never constructed, so it lacks the private field.
    const control = #control in this ? this.#control : undefined;
    if (control) return control;
    throw new ServerEngineError(
      'ERR_WRONG_PROCESS',
      `${this.constructor.name}.${method} works only in the server process of a running engine. ` +
        `In a worker use the @shared() properties; in a unit test use createTestServer().`,
    );
  }
}
