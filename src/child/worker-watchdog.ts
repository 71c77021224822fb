import type { Watchdog } from '../watchdog/watchdog';
import type { Logger } from '../record/logger';

/** The watchdog thread of this worker; most workers have none, and do not load it. */
export class WorkerWatchdog {
  readonly #fd: number | undefined;
  #loaded: Promise<Watchdog> | undefined;

  /** @param fd where the process above asks for our stack; undefined: it does not. */
  constructor(fd: number | undefined) {
    this.#fd = fd;
  }

  /** Resolves once it watches; a block that began earlier is not detected. */
  async warnOfLag(limitMs: number | undefined, logger: Logger): Promise<void> {
    if (limitMs === undefined && this.#fd === undefined && !this.#loaded) return;
    try {
      this.#loaded ??= this.#load(logger);
      (await this.#loaded).setLimit(limitMs);
    } catch (error) {
      logger.warn('the watchdog thread could not be started', { error });
    }
  }

  async #load(logger: Logger): Promise<Watchdog> {
    const { Watchdog: Loaded } = await import('../watchdog/watchdog');
    return new Loaded({ fd: this.#fd, logger });
  }
}
