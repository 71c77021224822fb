import type dgram from 'node:dgram';
import type net from 'node:net';
import { OpenServers } from '../sockets/open-servers';
import { AcceptPause } from './accept-pause';
import { isBound, stopReceiving } from '../drain/drain-datagrams';
import { Http2Drain, isHttp2 } from '../drain/drain-http2';
import { HttpDrain, isHttp } from '../drain/drain-http';
import { later, TICK_MS } from '../drain/drain-timing';
import { onceQueueIsEmpty } from '../sockets/accept-queued';
import { closeGently, stopAccepting } from '../drain/stop-accepting';
import { WebSocketDrain } from '../drain/drain-websockets';

/** What happens to the connections of a server that no longer accepts. */
interface Drain {
  begin(): void;
}

/**
 * Everything that this worker listens on. After `acceptNoMore()` nothing new is accepted. After `drain()` requests that
 * have begun are answered and idle connections are closed, so that the worker ends by itself. Connections of a plain
 * net server are left to the user.
 */
export class ListeningServers {
  readonly #open = new OpenServers();
  readonly #drains = new WeakMap<net.Server, readonly Drain[]>();
  readonly #datagrams = new Set<dgram.Socket>();
  readonly #pause = new AcceptPause();
  readonly #closesThem: boolean;
  readonly #onRefused: () => void;
  #closing: Promise<void> | undefined;
  #acceptsNoMore = false;
  #isDraining = false;
  #isHurried = false;

  /**
   * @param closesThem false: they are only watched, their owner closes them.
   * @param onRefused a request that came after the stop was answered with status 503.
   */
  constructor(closesThem: boolean, onRefused: () => void) {
    this.#closesThem = closesThem;
    this.#onRefused = onRefused;
  }

  /** A server is about to listen. May be called again for the same server. */
  add(server: net.Server): void {
    this.#open.add(server);
    if (this.#closesThem && !this.#drains.has(server)) {
      this.#drains.set(
        server,
        drainsOf(server, () => this.#isHurried, this.#onRefused),
      );
    }
    if (this.#acceptsNoMore) stopAccepting(server);
    if (this.#isDraining) this.#drain(server);
  }

  /** A listen() has failed. */
  failed(server: net.Server): void {
    this.#open.failed(server);
  }

  addDatagrams(socket: dgram.Socket): void {
    if (!this.#closesThem) return;
    this.#datagrams.add(socket);
    socket.once('close', () => this.#datagrams.delete(socket));
    if (this.#acceptsNoMore) stopReceiving(socket);
  }

  /** Lets workers that share its sockets accept for this long. 0: it accepts again. */
  pauseAccepting(forMs: number): void {
    if (this.#acceptsNoMore || forMs <= 0) this.#pause.resume();
    else this.#pause.pause(this.#open, forMs);
  }

  /** A stop. Resolves when everything is closed; undefined: it is closed already. */
  beginStop(): Promise<void> | undefined {
    return this.#closesThem ? this.acceptNoMore() : undefined;
  }

  /**
   * Accepts what is queued, then closes the sockets. Resolves when that is done; undefined: there was nothing to close.
   */
  acceptNoMore(): Promise<void> | undefined {
    if (this.#acceptsNoMore) return this.#closing;
    this.#acceptsNoMore = true;
    // What is queued is accepted first.
    this.#pause.resume();
    const closed: Promise<void>[] = [];
    for (const server of this.#open) {
      // Its owner may close it meanwhile.
      if (this.#closesThem) closeGently(server);
      if (server.listening) closed.push(onceEmpty(server, () => stopAccepting(server)));
      else stopAccepting(server);
    }
    for (const socket of this.#datagrams) {
      if (isBound(socket)) closed.push(onceEmpty(socket, () => stopReceiving(socket)));
      else stopReceiving(socket);
    }
    if (closed.length > 0) this.#closing = Promise.all(closed).then(() => {});
    return this.#closing;
  }

  drain(): void {
    if (this.#isDraining || !this.#closesThem) return;
    this.#isDraining = true;
    for (const server of this.#open) this.#drain(server);
  }

  /** The next worker of this id starts when this one has ended. */
  hurry(): void {
    this.#isHurried = true;
  }

  /**
   * Resolves with the number of remaining connections, once nothing is accepted any more: after `drain()`, or because
   * their owner closed the servers.
   */
  async closed(): Promise<number> {
    while (this.#open.isAccepting) await tick();
    return this.#open.connections();
  }

  /** Resolves once every server has closed, which includes its last connection. At once if there is none. */
  drained(): Promise<void> {
    return this.#open.allClosed();
  }

  #drain(server: net.Server): void {
    for (const drain of this.#drains.get(server) ?? []) drain.begin();
  }
}

function tick(): Promise<void> {
  return new Promise((resolve) => later(TICK_MS, resolve));
}

function onceEmpty(socket: net.Server | dgram.Socket, close: () => void): Promise<void> {
  return new Promise((resolve) => {
    onceQueueIsEmpty(socket, () => {
      close();
      resolve();
    });
  });
}

function drainsOf(server: net.Server, isHurried: () => boolean, onRefused: () => void): readonly Drain[] {
  const drains: Drain[] = [];
  if (isHttp2(server)) drains.push(new Http2Drain(server));
  if (isHttp(server)) drains.push(new HttpDrain(server, isHurried, onRefused), new WebSocketDrain(server));
  return drains;
}
