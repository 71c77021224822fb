/** An armed timer of a Clock. */
export interface ClockTimer {
  cancel(): void;
}

/** The one source of time. Tests replace it with FakeClock. */
export interface Clock {
  /** Milliseconds of a clock that never jumps; its zero is arbitrary. */
  now(): number;
  /** Milliseconds since 1970, for people. */
  wallTime(): number;
  /** Calls `callback` once, `delayMs` from now and never earlier. The timer does not keep the process alive when `unref` is set. */
  after(delayMs: number, callback: () => void, options?: { unref?: boolean }): ClockTimer;
}

/** Like performance.now(), for which Node would load eight modules in every process: 1.5 of 80 ms. The zero differs. */
function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

// Node's timers fire at once if the delay is longer than this: 24.8 days. All other timers in the source go through
// this file.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** If a timer is this late, the process stood still or got no CPU time. */
const STOOD_STILL_MS = 500;

export const systemClock: Clock = {
  now: monotonicMs,
  wallTime: () => Date.now(),
  after(delayMs, callback, options) {
    const dueAt = monotonicMs() + delayMs;
    let timer: NodeJS.Timeout;
    let afterReading: NodeJS.Immediate | undefined;
    const fire = (): void => {
      // Node runs timers before it reads. Messages of a child (ready, its end) may be unread, and it would be judged as
      // silent.
      if (monotonicMs() - dueAt < STOOD_STILL_MS) callback();
      else afterReading = setImmediate(callback);
    };
    // Node counts whole milliseconds: its timer may fire up to one too early. What asks this clock then would find that
    // nothing is due yet.
    const arm = (): void => {
      const leftMs = Math.max(0, dueAt - monotonicMs());
      timer = setTimeout(() => (monotonicMs() < dueAt ? arm() : fire()), Math.min(leftMs, LONGEST_TIMER_MS));
      if (options?.unref) timer.unref();
    };
    arm();
    return {
      cancel: () => {
        clearTimeout(timer);
        if (afterReading) clearImmediate(afterReading);
      },
    };
  },
};

/** A repeating timer. It keeps the event loop alive unless it is unreferenced. */
export interface RepeatingTimer extends ClockTimer {
  ref(): void;
  unref(): void;
}

/** Calls `callback` at each interval; an interval above the limit of Node's timers is cut to that limit. */
export function every(intervalMs: number, callback: () => void): RepeatingTimer {
  const timer = setInterval(callback, Math.min(intervalMs, LONGEST_TIMER_MS));
  return { cancel: () => clearInterval(timer), ref: () => timer.ref(), unref: () => timer.unref() };
}

/** Resolves after `ms` milliseconds of the clock. */
export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}
