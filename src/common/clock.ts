/** An armed timer of a Clock. */
export interface ClockTimer {
  cancel(): void;
}

/** The one source of time. Tests replace it with FakeClock. */
export interface Clock {
  /** Milliseconds of a clock that never jumps; its zero means nothing. */
  now(): number;
  /** Milliseconds since 1970, for people. */
  wallTime(): number;
  /** Calls `callback` once, `delayMs` from now. The timer does not keep the process alive when `unref` is set. */
  after(delayMs: number, callback: () => void, options?: { unref?: boolean }): ClockTimer;
}

/** As performance.now(), for which Node would load eight modules in every process: 1.5 of 80 ms. Its zero is another. */
function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

// Node's timers fire at once for a longer delay than this.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: monotonicMs,
  wallTime: () => Date.now(),
  after(delayMs, callback, options) {
    let timer: NodeJS.Timeout;
    const arm = (leftMs: number): void => {
      const partMs = Math.min(Math.max(0, leftMs), LONGEST_TIMER_MS);
      timer = setTimeout(() => (leftMs > partMs ? arm(leftMs - partMs) : callback()), partMs);
      if (options?.unref) timer.unref();
    };
    arm(delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};

/** Resolves after `ms` of the clock. */
export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}
