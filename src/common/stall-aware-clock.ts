import type { Clock, ClockTimer } from './clock';

// A burst of work delays a timer by tenths of a second; a whole second means that this process was stopped (SIGSTOP, a
// frozen container) or starved, and the processes that it waits for probably were, too.
const STALL_MS = 1000;

/** For code that waits for another process and has no other timer. */
export const LONGEST_STEP_MS = 1000;

/**
 * A clock for waits that end in killing a process: it does not count the time in which this process stood still. After
 * a SIGSTOP of ten seconds, a stop, a rollout or a boot goes on where it was, and no healthy worker is killed because
 * its messages were not read.
 *
 * A very late timer reveals a standstill, even if other code asks for the time first: a child's messages are read
 * before timers run. So no standstill is noticed while no timer of this clock is armed; the watch over children has one
 * each second.
 */
export class StallAwareClock implements Clock {
  readonly #base: Clock;
  readonly #longestStepMs: number;
  /** When each armed timer is due, on the underlying clock. */
  readonly #dueAt = new Map<object, number>();
  #ranAt: number;
  #stoodStillMs = 0;

  /**
   * @param longestStepMs for a clock without other timers: a wait is cut into steps, so that a standstill within it is
   * noticed.
   */
  constructor(base: Clock, longestStepMs = Infinity) {
    this.#base = base;
    this.#longestStepMs = longestStepMs;
    this.#ranAt = base.now();
  }

  /** The same clock if it is patient already. */
  static over(clock: Clock): StallAwareClock {
    return clock instanceof StallAwareClock ? clock : new StallAwareClock(clock);
  }

  now(): number {
    return this.#look() - this.#stoodStillMs;
  }

  wallTime(): number {
    return this.#base.wallTime();
  }

  /** How long this process has stood still in total. */
  get stoodStillMs(): number {
    this.#look();
    return this.#stoodStillMs;
  }

  /** The time including standstills, as other processes have it: to compare with what they report. */
  rawNow(): number {
    return this.#look();
  }

  after(delayMs: number, callback: () => void, options?: { unref?: boolean }): ClockTimer {
    const dueAt = this.now() + delayMs;
    const key = {};
    let timer: ClockTimer;
    const arm = (leftMs: number): void => {
      const stepMs = Math.min(leftMs, this.#longestStepMs);
      this.#dueAt.set(key, this.#base.now() + stepMs);
      timer = this.#base.after(stepMs, fire, options);
    };
    const fire = (): void => {
      const leftMs = dueAt - this.now();
      // Less is rounding.
      if (leftMs >= 1) {
        arm(leftMs);
        return;
      }
      this.#dueAt.delete(key);
      callback();
    };
    arm(delayMs);
    return {
      cancel: () => {
        this.#dueAt.delete(key);
        timer.cancel();
      },
    };
  }

  #look(): number {
    const now = this.#base.now();
    let earliest = Infinity;
    for (const dueAt of this.#dueAt.values()) earliest = Math.min(earliest, dueAt);
    // Several late timers reveal the same standstill only once.
    const lateMs = now - Math.max(earliest, this.#ranAt);
    if (lateMs >= STALL_MS) this.#stoodStillMs += lateMs;
    this.#ranAt = now;
    return now;
  }
}
