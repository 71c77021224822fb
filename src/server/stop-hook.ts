import type { Clock, ClockTimer } from '../common/clock';
import type { EngineConfig } from '../config/engine-config';
import { callHook } from '../contract/call-hook';
import type { Logger } from '../record/logger';
import { IMMEDIATE_HOOK_MS } from '../common/stop-limits';

export interface StopHookDeps {
  /** The user's Server.stop(). */
  readonly call: (graceful: boolean) => void | Promise<void>;
  /** The stop itself, which the hook triggers by super.stop(). */
  readonly stop: (graceful: boolean) => void;
  readonly engine: () => EngineConfig;
  readonly logger: Logger;
  readonly clock: Clock;
}

type Hardness = 'graceful' | 'immediate';

/**
 * Calls the stop() of the Server object, and makes sure that the stop happens: otherwise an override that throws, or
 * never calls super.stop(), would make a server that only SIGKILL can end.
 */
export class StopHook {
  readonly #deps: StopHookDeps;
  #asked: Hardness | undefined;
  #done: Hardness | undefined;
  #timer: ClockTimer | undefined;

  constructor(deps: StopHookDeps) {
    this.#deps = deps;
  }

  /** A stop was requested and has not begun. */
  get isPending(): boolean {
    return this.#asked !== undefined && !this.#isDone(this.#asked);
  }

  /**
   * Calls the hook once per kind of stop: a supervisor repeats its signals, and a terminal sends them to all processes.
   */
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
      this.#deps.logger.error('stop() of the server has not called super.stop(); it is stopped at once', {
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
