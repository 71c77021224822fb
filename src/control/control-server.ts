import net from 'node:net';
import type { RunningEngine } from '../commands/running-engine';
import { systemClock, type ClockTimer } from '../common/clock';
import type { EventHub } from '../contract/event-hub';
import { ENGINE_EVENTS } from '../contract/events';
import { ControlConnection } from './control-connection';
import { CONTROL_VERSION, encodeControl, type ControlHello, type LogPlace } from './control-protocol';

export interface ControlServerDeps {
  readonly running: RunningEngine;
  readonly events: EventHub;
  readonly hello: ControlHello;
  readonly log: () => LogPlace;
}

// The socket is for people and their tools, not for traffic.
const MOST_CONNECTIONS = 32;

// For an answer of a few bytes to a client that has asked for it.
const FLUSH_LIMIT_MS = 1000;

/** Serves the clients of the control socket. The caller makes its `server` listen. */
export class ControlServer {
  /** Half open: a client may close its side before the answer. */
  readonly server = net.createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
  readonly #deps: ControlServerDeps;
  readonly #connections = new Map<net.Socket, ControlConnection>();
  readonly #subscribed = new Set<ControlConnection>();
  /** Stops listening to events. Undefined: no client listens, and the server process need not send events. */
  #unlisten: (() => void) | undefined;

  constructor(deps: ControlServerDeps) {
    this.#deps = deps;
    // Usually too many open files: the client notices by getting no answer.
    this.server.on('error', () => {});
    this.server.unref();
  }

  /** Open requests are answered first. */
  async close(): Promise<void> {
    this.server.close();
    let timer: ClockTimer | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = systemClock.after(FLUSH_LIMIT_MS, resolve);
    });
    const ends = [...this.#connections].map(async ([socket, connection]) => {
      const closed = new Promise((resolve) => socket.once('close', resolve));
      await connection.finish();
      await closed;
    });
    await Promise.race([Promise.all(ends), limit]);
    timer?.cancel();
    for (const socket of this.#connections.keys()) socket.destroy();
  }

  #accept(socket: net.Socket): void {
    if (this.#connections.size >= MOST_CONNECTIONS) {
      const error = `${MOST_CONNECTIONS} clients are connected, and the socket takes no more`;
      socket.on('error', () => {});
      socket.end(encodeControl({ v: CONTROL_VERSION, error }), () => socket.destroy());
      return;
    }
    const { running, hello, log } = this.#deps;
    const connection = new ControlConnection(socket, {
      running,
      hello,
      log,
      onSubscribed: () => this.#subscribe(connection),
    });
    this.#connections.set(socket, connection);
    socket.once('close', () => {
      this.#connections.delete(socket);
      this.#subscribed.delete(connection);
      if (this.#subscribed.size > 0) return;
      this.#unlisten?.();
      this.#unlisten = undefined;
    });
  }

  #subscribe(connection: ControlConnection): void {
    this.#subscribed.add(connection);
    this.#unlisten ??= this.#deps.events.subscribe(ENGINE_EVENTS, (event, payload) => {
      for (const one of this.#subscribed) one.tell(event, payload);
    });
  }
}
