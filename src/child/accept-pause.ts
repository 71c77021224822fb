import type net from 'node:net';
import { systemClock, type Clock, type ClockTimer } from '../common/clock';
import { pauseAccepting, resumeAccepting } from '../node-internals/listening-handle';

/**
 * Pauses accepting for a limited time, which the process above renews. So nothing that happens to that process can stop
 * a worker from accepting permanently.
 */
export class AcceptPause {
  readonly #clock: Clock;
  readonly #paused = new Set<net.Server>();
  /** The timer keeps the event loop alive: a server that does not accept does not. */
  #timer: ClockTimer | undefined;

  constructor(clock = systemClock) {
    this.#clock = clock;
  }

  /** Pauses the servers that accept at this moment. Another call restarts the time. */
  pause(servers: Iterable<net.Server>, forMs: number): void {
    for (const server of servers) if (server.listening && pauseAccepting(server)) this.#paused.add(server);
    this.#timer?.cancel();
    this.#timer = this.#clock.after(forMs, () => this.resume());
  }

  resume(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const server of this.#paused) if (server.listening) resumeAccepting(server);
    this.#paused.clear();
  }
}
