import type { Clock, ClockTimer } from '../common/clock';

interface FakeTimer {
  readonly dueAt: number;
  readonly callback: () => void;
}

// More than any test needs: otherwise a timer that arms itself again without a delay would hang the test without a
// message.
const MOST_TIMERS_AT_ONE_MOMENT = 10_000;

// Taken when the file is loaded: jest's fake timers may replace the global one later.
const nextTurn = setImmediate;

/**
 * A clock for tests: time passes only when the test says so.
 *
 * ```ts
 * const clock = new FakeClock();
 * const flag = new BlockingFlag(clock);
 * const waited = flag.waitForSet('10m');
 * await clock.advanceAsync(600_000);
 * expect(await waited).toBe(false);
 * ```
 */
export class FakeClock implements Clock {
  #now: number;
  readonly #wallOffsetMs: number;
  // In the order of arming, which decides between timers that are due at the same time.
  readonly #timers = new Set<FakeTimer>();

  /** @param start the first values of `now()` and `wallTime()`. Default: 0, and midnight of 2026-01-01 UTC. */
  constructor(start: { readonly now?: number; readonly wallTime?: number } = {}) {
    this.#now = start.now ?? 0;
    this.#wallOffsetMs = (start.wallTime ?? Date.UTC(2026, 0, 1)) - this.#now;
  }

  /** Milliseconds that have passed on this clock. */
  now(): number {
    return this.#now;
  }

  /** Milliseconds since 1970, moving with `now()`. */
  wallTime(): number {
    return this.#now + this.#wallOffsetMs;
  }

  /** Timers that are armed: 0 at the end of a test that cleans up. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Arms a timer. Without a delay it is due at the next `advance`, even of 0 ms. */
  after(delayMs: number, callback: () => void): ClockTimer {
    const timer = { dueAt: this.#now + (delayMs > 0 ? delayMs : 0), callback };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /**
   * Lets `ms` pass and fires every timer that comes due, in the order of due time, including those that a callback arms for
   * this span. Promises settle only after the call: see `advanceAsync`.
   */
  advance(ms: number): void {
    const span = this.#span(ms);
    while (this.#fireNext(span));
    this.#moveTo(span.end);
  }

  /** Like `advance`, but code that waits for a promise goes on before the next timer fires, and may arm more timers. */
  async advanceAsync(ms: number): Promise<void> {
    const span = this.#span(ms);
    do await new Promise<void>((resolve) => nextTurn(resolve));
    while (this.#fireNext(span));
    this.#moveTo(span.end);
  }

  #span(ms: number): Span {
    if (!(ms >= 0 && ms < Infinity)) throw new RangeError(`advance takes milliseconds >= 0, got ${ms}.`);
    return { end: this.#now + ms, firedAtOneMoment: 0 };
  }

  /** Fires the first timer that is due within the span; false if there is none. */
  #fireNext(span: Span): boolean {
    let first: FakeTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueAt <= span.end && (first === undefined || timer.dueAt < first.dueAt)) first = timer;
    }
    if (first === undefined) return false;
    span.firedAtOneMoment = first.dueAt > this.#now ? 1 : span.firedAtOneMoment + 1;
    if (span.firedAtOneMoment > MOST_TIMERS_AT_ONE_MOMENT) {
      throw new Error(
        `FakeClock fired ${MOST_TIMERS_AT_ONE_MOMENT} timers at ${this.#now} ms and there is no end: ` +
          'a callback arms its own timer again with a delay of 0. Give it a delay.',
      );
    }
    this.#timers.delete(first);
    this.#moveTo(first.dueAt);
    first.callback();
    return true;
  }

  #moveTo(time: number): void {
    // A callback may itself have advanced the clock, further than this.
    this.#now = Math.max(this.#now, time);
  }
}

interface Span {
  readonly end: number;
  firedAtOneMoment: number;
}
