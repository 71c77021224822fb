import type { Socket as UdpSocket } from 'node:dgram';
import type { Server as NetServer } from 'node:net';
import { ServerEngineError } from '../common/errors';
import type { Logger } from '../record/logger';
import type { ServerContext } from './context';
import { defineInjected, requireContext } from './injected';
import type {
  ListenTcpOptions,
  ListenUdpOptions,
  ListenUnixOptions,
  ServerControl,
  WorkerView,
} from './server-control';

/**
 * The server process: opens what workers share, and is told of every command. Subclass it and mark it with
 * `@server({…})`, or give null to ServerEngine.create for the plain one. Overrides of stop, restart, reload,
 * reloadConfig and dump call super to let the thing happen.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the default lets Server stand for every Server<C>
export class Server<C extends object = any> {
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

  /** Before the first worker: open sockets here. A throw stops the server with status 1. */
  beforeRun(): void | Promise<void> {}

  /** After the last worker ended, also when beforeRun() failed. A throw is logged. */
  afterRun(): void | Promise<void> {}

  /** In the supervisor, after each start of the server process; without a supervisor it is not called. A throw is logged. */
  afterStart(): void | Promise<void> {}

  /**
   * Stops every worker, then the server.
   * @param graceful true: requests in flight are answered first. false: at once.
   * @throws {ServerEngineError} Thrown outside the server process of a running engine (ERR_WRONG_PROCESS), as by every
   *   method below.
   */
  stop(graceful: boolean): void | Promise<void> {
    this.#engine('stop').stop(graceful);
  }

  /**
   * Reads the configuration again, then replaces every worker. A configuration that is not valid stops neither.
   * @param graceful true: each worker ends its work first. false: at once.
   * @param group the workers that are replaced; default: all. An override passes it on to super.
   */
  async restart(graceful: boolean, group?: string): Promise<void> {
    const control = this.#engine('restart');
    await this.reloadConfig();
    control.restart(graceful, group);
  }

  /** Reads the configuration again, then tells the workers. */
  async reload(): Promise<void> {
    const control = this.#engine('reload');
    await this.reloadConfig();
    control.reloadWorkers();
  }

  /** Reads the configuration again; a bad one is logged and the last good one stays. */
  async reloadConfig(): Promise<void> {
    await this.#engine('reloadConfig').reloadConfig();
  }

  /** Writes down what the server is doing, and has every worker do so: a dump in `sigdumpDir`, and a line in the log. */
  dump(): void | Promise<void> {
    this.#engine('dump').dump();
  }

  /**
   * Sets the number of workers; the surplus is stopped gracefully. It holds until the next reload,
   * which sets `workers` again.
   * @throws {ConfigError} Thrown unless it is an integer >= 0 (ERR_CONFIG_INVALID).
   */
  scale(workers: number): void {
    this.#engine('scale').scale(workers);
  }

  /** The workers as they are at this moment. */
  get workers(): readonly WorkerView[] {
    return this.#engine('workers').workers();
  }

  /**
   * Opens a listening TCP socket that this process holds and the workers accept from.
   * @throws {Error} Thrown with Node's own code (EADDRINUSE, EACCES…) when it cannot be opened.
   */
  listenTcp(options: ListenTcpOptions): Promise<NetServer> {
    return this.#engine('listenTcp').listenTcp(options);
  }

  /** As listenTcp, for datagrams. */
  listenUdp(options: ListenUdpOptions): Promise<UdpSocket> {
    return this.#engine('listenUdp').listenUdp(options);
  }

  /** As listenTcp, for a unix socket; the file is removed when the server ends. */
  listenUnix(options: ListenUnixOptions): Promise<NetServer> {
    return this.#engine('listenUnix').listenUnix(options);
  }

  #engine(method: string): ServerControl {
    // A worker's view of the server has this prototype but was never constructed: it has no such private field.
    const control = #control in this ? this.#control : undefined;
    if (control) return control;
    throw new ServerEngineError(
      'ERR_WRONG_PROCESS',
      `${this.constructor.name}.${method} works only in the server process of a running engine. ` +
        `In a worker use the @shared() properties; in a unit test use createTestServer().`,
    );
  }
}
