import fc from 'fast-check';
import { sleep } from '../../../src/common/clock';
import { FakeClock } from '../../../src/testing/fake-clock';

describe('FakeClock', () => {
  it('stands still until it is advanced', () => {
    const clock = new FakeClock();
    expect([clock.now(), clock.wallTime()]).toEqual([0, Date.UTC(2026, 0, 1)]);
    clock.advance(1_500);
    expect([clock.now(), clock.wallTime()]).toEqual([1_500, Date.UTC(2026, 0, 1) + 1_500]);
  });

  it('starts at the given time', () => {
    const clock = new FakeClock({ now: 50, wallTime: 1_000 });
    clock.advance(5);
    expect([clock.now(), clock.wallTime()]).toEqual([55, 1_005]);
  });

  it('fires timers by due time, then in the order of arming, each at its time', () => {
    const clock = new FakeClock();
    const fired: string[] = [];
    for (const [name, delay] of [
      ['c', 30],
      ['a', 10],
      ['b', 20],
      ['b2', 20],
    ] as const) {
      clock.after(delay, () => fired.push(`${name}@${clock.now()}`));
    }
    clock.advance(25);
    expect(fired).toEqual(['a@10', 'b@20', 'b2@20']);
    expect(clock.pending).toBe(1);
    clock.advance(5);
    expect(fired.at(-1)).toBe('c@30');
    expect(clock.pending).toBe(0);
  });

  it('fires timers that a callback arms within the span', () => {
    const clock = new FakeClock();
    const fired: number[] = [];
    const tick = (): void => {
      fired.push(clock.now());
      clock.after(10, tick);
    };
    clock.after(10, tick);
    clock.advance(35);
    expect(fired).toEqual([10, 20, 30]);
    expect(clock.now()).toBe(35);
  });

  it('does not fire a timer that was cancelled, even by an earlier one', () => {
    const clock = new FakeClock();
    const late = jest.fn();
    const timer = clock.after(20, late);
    clock.after(10, () => timer.cancel());
    clock.advance(100);
    expect(late).not.toHaveBeenCalled();
    expect(clock.pending).toBe(0);
  });

  it.each([0, -5, NaN])('a delay of %p is due at the next advance, even of 0 ms', (delayMs) => {
    const clock = new FakeClock();
    const callback = jest.fn();
    clock.after(delayMs, callback);
    expect(callback).not.toHaveBeenCalled();
    clock.advance(0);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it.each([-1, NaN, Infinity])('refuses to advance by %p', async (ms) => {
    const clock = new FakeClock();
    expect(() => clock.advance(ms)).toThrow(RangeError);
    await expect(clock.advanceAsync(ms)).rejects.toThrow(RangeError);
  });

  it('throws instead of hanging when a callback arms itself again without a delay', () => {
    const clock = new FakeClock();
    const again = (): void => void clock.after(0, again);
    clock.after(1, again);
    expect(() => clock.advance(10)).toThrow(/delay of 0/);
  });

  it('passes on an error of a callback, and can continue afterwards', () => {
    const clock = new FakeClock();
    const later = jest.fn();
    clock.after(10, () => {
      throw new Error('boom');
    });
    clock.after(20, later);
    expect(() => clock.advance(100)).toThrow('boom');
    expect(clock.now()).toBe(10);
    clock.advance(10);
    expect(later).toHaveBeenCalledTimes(1);
  });

  it('never goes back when a callback advances it', () => {
    const clock = new FakeClock();
    clock.after(10, () => clock.advance(100));
    clock.advance(20);
    expect(clock.now()).toBe(110);
  });

  it('advanceAsync lets promises run between timers', async () => {
    const clock = new FakeClock();
    const seen: string[] = [];
    const loop = (async () => {
      for (let round = 0; round < 3; round++) {
        await sleep(clock, 100);
        await Promise.resolve();
        seen.push(`round ${round} at ${clock.now()}`);
      }
    })();
    await clock.advanceAsync(1_000);
    await loop;
    expect(seen).toEqual(['round 0 at 100', 'round 1 at 200', 'round 2 at 300']);
    expect(clock.now()).toBe(1_000);
  });

  it('advanceAsync sees timers that promises arm before the first one and after the last one', async () => {
    const clock = new FakeClock();
    const done = jest.fn();
    void Promise.resolve()
      .then(() => sleep(clock, 5))
      .then(() => sleep(clock, 5))
      .then(done);
    await clock.advanceAsync(10);
    expect(done).toHaveBeenCalledTimes(1);
  });

  it('any timers fire once, at their time, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000)), fc.array(fc.nat(400), { maxLength: 5 }), (delays, spans) => {
        const clock = new FakeClock();
        const fired: number[] = [];
        for (const delay of delays) clock.after(delay, () => fired.push(clock.now()));
        for (const span of spans) clock.advance(span);
        const passed = spans.reduce((sum, span) => sum + span, 0);
        expect(clock.now()).toBe(passed);
        const due = spans.length === 0 ? [] : delays.filter((delay) => delay <= passed);
        expect(fired).toEqual(due.sort((a, b) => a - b));
        expect(clock.pending).toBe(delays.length - fired.length);
      }),
    );
  });
});
