import { systemClock, type Clock, type ClockTimer } from './clock';
import { parseDuration } from './duration';

/** A flag that tasks wait for: the classic way to let a worker's loop sleep until it must stop. */
export class BlockingFlag {
  #set = false;
  readonly #waiters = new Set<() => void>();
  readonly #clock: Clock;

  /** @param clock for the timeouts; a FakeClock in tests. Default: the system's. */
  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** Whether the flag is set at this moment. */
  get isSet(): boolean {
    return this.#set;
  }

  /** Sets the flag and wakes every waiter. Returns whether that changed anything. */
  set(): boolean {
    return this.#change(true);
  }

  /** Clears the flag and wakes every waiter. Returns whether that changed anything. */
  reset(): boolean {
    return this.#change(false);
  }

  /**
   * Resolves with whether the flag is set: true at once or as soon as it is, false when `timeout` has passed.
   * @param timeout seconds, or a string like '500ms'. Default: no limit.
   * @throws {RangeError} Thrown (as a rejection) if the timeout is invalid.
   */
  waitForSet(timeout?: number | string): Promise<boolean> {
    return this.#wait(true, timeout);
  }

  /**
   * Resolves with whether the flag is reset: true at once or as soon as it is, false when `timeout` has passed.
   * @param timeout seconds, or a string like '500ms'. Default: no limit.
   * @throws {RangeError} Thrown (as a rejection) if the timeout is invalid.
   */
  waitForReset(timeout?: number | string): Promise<boolean> {
    return this.#wait(false, timeout);
  }

  #change(value: boolean): boolean {
    if (this.#set === value) return false;
    this.#set = value;
    for (const wake of [...this.#waiters]) wake();
    return true;
  }

  async #wait(wanted: boolean, timeout: number | string | undefined): Promise<boolean> {
    const timeoutMs = timeout === undefined ? undefined : parseDuration(timeout);
    if (timeout !== undefined && (timeoutMs === undefined || timeoutMs < 0)) {
      throw new RangeError(`timeout must be seconds >= 0 or a string like '500ms', got ${String(timeout)}.`);
    }
    if (this.#set === wanted) return true;
    return new Promise((resolve) => {
      let timer: ClockTimer | undefined;
      const finish = (): void => {
        timer?.cancel();
        this.#waiters.delete(wake);
        resolve(this.#set === wanted);
      };
      const wake = (): void => {
        if (this.#set === wanted) finish();
      };
      this.#waiters.add(wake);
      if (timeoutMs !== undefined) timer = this.#clock.after(timeoutMs, finish);
    });
  }
}
