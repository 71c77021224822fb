import fc from 'fast-check';
import { BlockingFlag } from '../../../src/common/blocking-flag';
import { FakeClock } from '../../../src/testing/fake-clock';

/** The result of the promise so far, or 'waiting'. */
async function outcome<T>(promise: Promise<T>): Promise<T | 'waiting'> {
  await new Promise((resolve) => setImmediate(resolve));
  return Promise.race([promise, Promise.resolve('waiting' as const)]);
}

describe('BlockingFlag', () => {
  it('set and reset return whether they changed the flag (PARITY: BlockingFlag)', () => {
    const flag = new BlockingFlag();
    expect(flag.isSet).toBe(false);
    expect([flag.reset(), flag.set(), flag.set()]).toEqual([false, true, false]);
    expect(flag.isSet).toBe(true);
    expect([flag.reset(), flag.reset()]).toEqual([true, false]);
    expect(flag.isSet).toBe(false);
  });

  it('resolves with true at once when the flag already has the value (PARITY: BlockingFlag)', async () => {
    const clock = new FakeClock();
    const flag = new BlockingFlag(clock);
    expect(await flag.waitForReset()).toBe(true);
    expect(await flag.waitForReset(0)).toBe(true);
    flag.set();
    expect(await flag.waitForSet('10m')).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('wakes every waiter (PARITY: BlockingFlag)', async () => {
    const flag = new BlockingFlag(new FakeClock());
    const forSet = [flag.waitForSet(), flag.waitForSet(), flag.waitForSet(10)];
    flag.set();
    expect(await Promise.all(forSet)).toEqual([true, true, true]);
    const forReset = [flag.waitForReset(), flag.waitForReset('1h')];
    flag.reset();
    expect(await Promise.all(forReset)).toEqual([true, true]);
  });

  it('wakes its waiters even when the flag is reset at once', async () => {
    const flag = new BlockingFlag(new FakeClock());
    const waiters = [flag.waitForSet(), flag.waitForSet()];
    flag.set();
    flag.reset();
    expect(await Promise.all(waiters)).toEqual([true, true]);
  });

  it('does not wake waiters for the other value', async () => {
    const flag = new BlockingFlag(new FakeClock());
    flag.set();
    const forReset = flag.waitForReset();
    flag.set();
    expect(await outcome(forReset)).toBe('waiting');
  });

  it.each([
    { timeout: 2.5, ms: 2_500 },
    { timeout: '2500ms', ms: 2_500 },
    { timeout: '10m', ms: 600_000 },
    { timeout: 0, ms: 0 },
  ])(
    'resolves with false when $timeout has passed, not before (PARITY: BlockingFlag)',
    async ({ timeout, ms }) => {
      const clock = new FakeClock();
      const flag = new BlockingFlag(clock);
      const forSet = flag.waitForSet(timeout);
      if (ms > 0) await clock.advanceAsync(ms - 1);
      expect(await outcome(forSet)).toBe('waiting');
      await clock.advanceAsync(ms > 0 ? 1 : 0);
      expect(await forSet).toBe(false);

      flag.set();
      const forReset = flag.waitForReset(timeout);
      await clock.advanceAsync(ms);
      expect(await forReset).toBe(false);
    },
  );

  it('a waiter that timed out is not woken later and leaves no timer behind', async () => {
    const clock = new FakeClock();
    const flag = new BlockingFlag(clock);
    const short = flag.waitForSet(1);
    const long = flag.waitForSet(60);
    clock.advance(1_000);
    flag.set();
    expect([await short, await long]).toEqual([false, true]);
    expect(clock.pending).toBe(0);
  });

  it('waits forever without a timeout', async () => {
    const clock = new FakeClock();
    const waiting = new BlockingFlag(clock).waitForSet();
    await clock.advanceAsync(1e12);
    expect(await outcome(waiting)).toBe('waiting');
  });

  it.each([-1, NaN, Infinity, 'soon', '-5s', ''])('rejects the timeout %p, set or not', async (timeout) => {
    const flag = new BlockingFlag(new FakeClock());
    await expect(flag.waitForSet(timeout)).rejects.toThrow(RangeError);
    await expect(flag.waitForReset(timeout)).rejects.toThrow(/got /);
  });

  it('works on the system clock', async () => {
    const flag = new BlockingFlag();
    expect(await flag.waitForSet('1ms')).toBe(false);
  });

  it('agrees with a plain boolean for any sequence of calls, and leaves no wait pending', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.constantFrom('set' as const, 'reset' as const, 'waitForSet' as const, 'waitForReset' as const),
        ),
        async (calls) => {
          const clock = new FakeClock();
          const flag = new BlockingFlag(clock);
          const waits: Promise<boolean>[] = [];
          let model = false;
          for (const call of calls) {
            if (call === 'waitForSet' || call === 'waitForReset') {
              waits.push(flag[call](1));
              continue;
            }
            expect(flag[call]()).toBe(model !== (call === 'set'));
            model = call === 'set';
            expect(flag.isSet).toBe(model);
          }
          await clock.advanceAsync(1_000);
          expect(await Promise.all(waits)).toHaveLength(waits.length);
          expect(clock.pending).toBe(0);
        },
      ),
    );
  });
});
