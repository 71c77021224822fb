import { FakeClock } from '../../../src/common/fake-clock';
import { DrainDelay } from '../../../src/servers/drain-delay';

function setUp() {
  const clock = new FakeClock();
  const calls: number[] = [];
  return { clock, calls, delay: new DrainDelay(clock), note: () => void calls.push(clock.now()) };
}

describe(DrainDelay, () => {
  it('calls back after the delay', () => {
    const { clock, calls, delay, note } = setUp();
    expect(delay.begin(500, note)).toBe(true);
    clock.advance(499);
    expect(calls).toEqual([]);
    clock.advance(1);
    expect(calls).toEqual([500]);
  });

  it('calls back at once without a delay', () => {
    const { calls, delay, note } = setUp();
    expect(delay.begin(0, note)).toBe(false);
    expect(calls).toEqual([0]);
  });

  it('does not begin again while it runs', () => {
    const { clock, calls, delay, note } = setUp();
    delay.begin(500, note);
    clock.advance(400);
    expect(delay.begin(500, note)).toBe(false);
    clock.advance(100);
    expect(calls).toEqual([500]);
  });

  it('has passed for good once it has passed', () => {
    const { clock, calls, delay, note } = setUp();
    delay.begin(500, note);
    clock.advance(500);
    expect(delay.begin(500, note)).toBe(false);
    expect(calls).toEqual([500, 500]);
  });

  it('calls back at once when it is ended, and is not waited for later', () => {
    const { clock, calls, delay, note } = setUp();
    delay.begin(500, note);
    clock.advance(100);
    delay.end();
    clock.advance(1000);
    expect(calls).toEqual([100]);
    expect(clock.pending).toBe(0);
    expect(delay.begin(500, note)).toBe(false);
  });

  it('calls back no more when it was skipped, and is not waited for later', () => {
    const { clock, calls, delay, note } = setUp();
    delay.begin(500, note);
    delay.skip();
    clock.advance(1000);
    expect(calls).toEqual([]);
    expect(clock.pending).toBe(0);
    delay.begin(500, note);
    expect(calls).toEqual([1000]);
  });
});
