import type { Clock, ClockTimer } from '../common/clock';
import type { EngineConfig } from '../config/engine-config';
import { callHook } from '../contract/call-hook';
import type { Logger } from '../record/logger';
import { IMMEDIATE_HOOK_MS } from '../common/stop-limits';

export interface StopHookDeps {
  /** Server.stop() of the user's. */
  readonly call: (graceful: boolean) => void | Promise<void>;
  /** The stop itself, which the hook lets happen by super.stop(). */
  readonly stop: (graceful: boolean) => void;
  readonly engine: () => EngineConfig;
  readonly logger: Logger;
  readonly clock: Clock;
}

type Hardness = 'graceful' | 'immediate';

/**
 * Tells the Server object of a stop, and sees to it that the stop happens: an override that throws, or that never
 * calls super.stop(), would else make a server that only SIGKILL ends.
 */
export class StopHook {
  readonly #deps: StopHookDeps;
  #asked: Hardness | undefined;
  #done: Hardness | undefined;
  #timer: ClockTimer | undefined;

  constructor(deps: StopHookDeps) {
    this.#deps = deps;
  }

  /** A stop was asked for that has not begun. */
  get isPending(): boolean {
    return this.#asked !== undefined && !this.#isDone(this.#asked);
  }

  /** Once for each hardness: a supervisor repeats its signals, and a terminal sends them to all. */
  ask(graceful: boolean): void {
    const asked = graceful ? 'graceful' : 'immediate';
    if (this.#asked === 'immediate' || this.#asked === asked) return;
    this.#asked = asked;
    const overrule = (): void => this.#overrule(asked);
    callHook('stop', () => this.#deps.call(graceful), this.#deps.logger, {}, overrule);
    this.#watch(asked);
  }

  /** super.stop() was called. */
  done(graceful: boolean): void {
    this.#done = graceful && this.#done !== 'immediate' ? 'graceful' : 'immediate';
    if (!this.isPending) this.cancel();
  }

  /** The server has ended. */
  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #watch(asked: Hardness): void {
    this.cancel();
    if (this.#isDone(asked)) return;
    const limitMs =
      asked === 'graceful' ? this.#deps.engine().workerGracefulKillTimeoutMs : IMMEDIATE_HOOK_MS;
    if (limitMs < 0) return;
    this.#timer = this.#deps.clock.after(limitMs, () => {
      this.#deps.logger.error('stop() of the server has not called super.stop(), it is stopped at once', {
        graceful: asked === 'graceful',
        limitMs,
      });
      this.#overrule('immediate');
    });
  }

  #overrule(to: Hardness): void {
    if (!this.#isDone(to)) this.#deps.stop(to === 'graceful');
  }

  #isDone(asked: Hardness): boolean {
    return this.#done === 'immediate' || this.#done === asked;
  }
}
