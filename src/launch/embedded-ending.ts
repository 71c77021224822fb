import type net from 'node:net';
import type { Clock, ClockTimer } from '../common/clock';
import type { EngineConfig } from '../config/engine-config';
import type { Logger } from '../record/logger';
import type { OpenServers } from '../sockets/open-servers';

/** How often to look for servers that the worker has closed. */
const LOOK_MS = 100;

export interface EndingDeps {
  /** The servers that the worker has opened. */
  readonly servers: OpenServers;
  /** A server of the worker has stopped accepting: help the clients of its keep-alive connections to leave. */
  readonly drain: (server: net.Server) => void;
  /** Another worker follows. */
  readonly isReplaced: () => boolean;
  readonly engine: () => EngineConfig;
  readonly logger: Logger;
  readonly clock: Clock;
}

/**
 * An embedded worker that was told to end and waits for its own servers to close. Only the worker closes them; but a
 * closed http server still has keep-alive connections, and busy clients would never leave by themselves. Meanwhile
 * clients of its port wait for the next worker, so the log says what is waited for.
 */
export class EmbeddedEnding {
  readonly #deps: EndingDeps;
  readonly #drained = new Set<net.Server>();
  readonly #since: number;
  #look: ClockTimer | undefined;
  #reminder: ClockTimer | undefined;
  #isOver = false;

  constructor(deps: EndingDeps) {
    this.#deps = deps;
    this.#since = deps.clock.now();
    this.#lookAgain();
    this.#remindLater();
  }

  /** The worker has ended, or is no longer waited for. */
  cancel(): void {
    this.#isOver = true;
    this.#look?.cancel();
    this.#reminder?.cancel();
  }

  #lookAgain(): void {
    for (const server of this.#deps.servers) {
      if (server.listening || this.#drained.has(server)) continue;
      this.#drained.add(server);
      this.#deps.drain(server);
    }
    this.#look = this.#deps.clock.after(LOOK_MS, () => this.#lookAgain(), { unref: true });
  }

  #remindLater(): void {
    const intervalMs = this.#deps.engine().workerGracefulKillIntervalMs;
    this.#reminder = this.#deps.clock.after(intervalMs, () => void this.#remind(), { unref: true });
  }

  async #remind(): Promise<void> {
    const { servers, engine, logger, clock, isReplaced } = this.#deps;
    const connections = await servers.connections();
    // It may have ended meanwhile.
    if (this.#isOver) return;
    logger.warn(
      isReplaced()
        ? 'the embedded worker must end but still runs; connections to a port that it has closed wait for the next one'
        : 'the embedded worker must end but still runs',
      {
        waitedMs: Math.round(clock.now() - this.#since),
        limitMs: engine().workerGracefulKillTimeoutMs,
        connections,
      },
    );
    this.#remindLater();
  }
}
