import { errorMonitor, type EventEmitter } from 'node:events';
import type net from 'node:net';

/** Every server of one worker, from the call of listen() until it has closed, including its last connection. */
export class OpenServers {
  readonly #open = new Set<net.Server>();
  /** Those that still wait for their socket. */
  readonly #asked = new Set<net.Server>();
  readonly #watched = new WeakSet<net.Server>();
  readonly #waiting: (() => void)[] = [];

  /** A server is about to listen. May be called again for the same server. */
  add(server: net.Server): void {
    if (!this.#watched.has(server)) this.#watch(server);
    this.#open.add(server);
    if (!server.listening) this.#asked.add(server);
  }

  /** Its listen() has failed. */
  failed(server: net.Server): void {
    if (this.#asked.has(server) && !server.listening) this.#forget(server);
  }

  [Symbol.iterator](): Iterator<net.Server> {
    return this.#open.values();
  }

  /** One of them accepts, or will accept. */
  get isAccepting(): boolean {
    return this.#asked.size > 0 || [...this.#open].some((server) => server.listening);
  }

  /** Of all servers, including those that no longer accept. */
  async connections(): Promise<number> {
    const counts = [...this.#open].map(
      (server) =>
        new Promise<number>((resolve) => {
          server.getConnections((error, count) => resolve(error ? 0 : count));
        }),
    );
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  /** Resolves once all have closed. At once if there is none. */
  allClosed(): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #watch(server: net.Server): void {
    this.#watched.add(server);
    server.on('listening', () => this.#asked.delete(server));
    server.on('close', () => this.#forget(server));
    // Not for 'error' itself: with our listener, a port that is in use would no longer be an error.
    (server as EventEmitter).on(errorMonitor, () => this.failed(server));
  }

  #forget(server: net.Server): void {
    this.#open.delete(server);
    this.#asked.delete(server);
    if (this.#open.size > 0) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
