import type net from 'node:net';
import { systemClock, type Clock, type ClockTimer } from '../common/clock';
import { pauseAccepting, resumeAccepting } from '../node-internals/listening-handle';

/**
 * A pause of accepting, for a while that the process above makes longer again and again. So nothing that happens to that one
 * can keep a worker from accepting.
 */
export class AcceptPause {
  readonly #clock: Clock;
  readonly #paused = new Set<net.Server>();
  /** It keeps the event loop alive: a server that does not accept does not. */
  #timer: ClockTimer | undefined;

  constructor(clock = systemClock) {
    this.#clock = clock;
  }

  /** The servers that accept at this moment. Again: the while begins again. */
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
