import { FakeClock } from '../../../src/testing/fake-clock';
import { percentile, sampleLateness } from '../../../src/watchdog/loop-lateness';

describe(sampleLateness, () => {
  it('reports the lateness of each timer, and stops after the given time', async () => {
    const clock = new FakeClock();
    const sampled = sampleLateness(clock, { everyMs: 10, forMs: 50 });
    await clock.advanceAsync(50);
    expect(await sampled).toEqual([0, 0, 0, 0, 0]);
    expect(clock.pending).toBe(0);
  });

  it('notices a blocked event loop', async () => {
    const clock = new FakeClock();
    clock.after(15, () => clock.advance(100));
    const sampled = sampleLateness(clock, { everyMs: 10, forMs: 120 });
    await clock.advanceAsync(200);
    expect(Math.max(...(await sampled))).toBeGreaterThan(90);
  });
});

describe(percentile, () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  it.each([
    [hundred, 0.5, 50],
    [hundred, 0.99, 99],
    [hundred, 1, 100],
    [[7], 0.5, 7],
    [[3, 1, 2], 1, 3],
    [[], 0.5, undefined],
  ])('of %j at %d is %s', (samples, part, value) => {
    expect(percentile(samples, part)).toBe(value);
  });
});
