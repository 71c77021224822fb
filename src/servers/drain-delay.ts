import type { Clock, ClockTimer } from '../common/clock';

/** The time between a graceful stop of the server and the stop of its workers. It passes once. */
export class DrainDelay {
  readonly #clock: Clock;
  #timer: ClockTimer | undefined;
  #callback: (() => void) | undefined;
  #isOver = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isUnderWay(): boolean {
    return this.#timer !== undefined;
  }

  /** Calls back once the delay has passed: at once when it has already. Returns whether the delay begins now. */
  begin(delayMs: number, callback: () => void): boolean {
    if (this.#timer) return false;
    if (delayMs <= 0) this.#isOver = true;
    if (this.#isOver) {
      callback();
      return false;
    }
    this.#callback = callback;
    this.#timer = this.#clock.after(delayMs, () => this.end());
    return true;
  }

  /** From now on there is none. One that has begun ends now: its callback is called. */
  end(): void {
    const callback = this.#callback;
    this.skip();
    callback?.();
  }

  /** From now on there is none. One that has begun is cut short: its callback is not called. */
  skip(): void {
    this.#isOver = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#callback = undefined;
  }
}
