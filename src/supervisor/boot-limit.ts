import type { Clock, ClockTimer } from '../common/clock';
import type { EngineConfig } from '../config/engine-config';
import type { Logger } from '../record/logger';
import { bootStopMs, IMMEDIATE_HOOK_MS } from '../common/stop-limits';
import type { ServerProcess } from './server-process';

export interface BootLimitDeps {
  /** Every server process that has not ended. */
  readonly servers: () => readonly ServerProcess[];
  readonly engine: () => EngineConfig;
  readonly logger: Logger;
  readonly clock: Clock;
}

/**
 * Limits how long a stop waits for a server that still loads its modules. Such a server hears no signal, and has
 * nothing to finish: no worker, no connection.
 */
export class BootLimit {
  readonly #deps: BootLimitDeps;
  #timer: ClockTimer | undefined;

  constructor(deps: BootLimitDeps) {
    this.#deps = deps;
  }

  /** A stop was requested: it waits for a boot only for a limited time. */
  begin(graceful: boolean): void {
    const { engine, clock } = this.#deps;
    const limitMs = graceful ? bootStopMs(engine().serverGracefulKillTimeoutMs) : IMMEDIATE_HOOK_MS;
    if (limitMs < 0 || this.#booting().length === 0) return;
    // Repeating the request does not extend the wait.
    if (graceful && this.#timer) return;
    this.#timer?.cancel();
    this.#timer = clock.after(limitMs, () => this.#killBooting(limitMs));
  }

  cancel(): void {
    this.#timer?.cancel();
  }

  #killBooting(limitMs: number): void {
    for (const { monitor, generation } of this.#booting()) {
      this.#deps.logger.warn('the server process is still starting; its stop does not wait for that', {
        pid: monitor.pid,
        generation,
        limitMs,
      });
      monitor.signal('SIGKILL');
    }
  }

  #booting(): readonly ServerProcess[] {
    return this.#deps.servers().filter(({ monitor }) => monitor.isAlive && !monitor.contact.hasBeaten);
  }
}
