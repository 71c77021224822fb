import type { Clock, ClockTimer } from './clock';

/** A limit for a wait, which may be set after the wait has begun. */
export class Deadline {
  /** Resolves when the limit has passed; never if it was not set or is negative. */
  readonly passed: Promise<void>;
  readonly #clock: Clock;
  #pass!: () => void;
  #timer: ClockTimer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.passed = new Promise((resolve) => {
      this.#pass = resolve;
    });
  }

  /** The first call counts. */
  set(limitMs: number, onPassed: () => void): void {
    if (this.#timer || limitMs < 0) return;
    this.#timer = this.#clock.after(limitMs, () => {
      onPassed();
      this.#pass();
    });
  }

  cancel(): void {
    this.#timer?.cancel();
  }
}
