import { Effort } from '../../../src/hang/effort';
import { answered, NoJavaScriptRuns } from '../../../src/hang/no-stack';
import { FakeClock } from '../../../src/testing/fake-clock';

const NEVER = new Promise<never>(() => {});

describe('an answer of another thread', () => {
  it('is not waited for longer than 0.8 seconds', async () => {
    const clock = new FakeClock();
    const answer = answered(NEVER, () => false, clock);
    const failed = expect(answer).rejects.toThrow(NoJavaScriptRuns);
    await clock.advanceAsync(800);
    await failed;
    expect(clock.pending).toBe(0);
  });

  it('is waited for longer when the thread hardly gets CPU time', async () => {
    const clock = new FakeClock();
    let share = 0.1;
    let used = 0;
    const effort = new Effort({ wantsToRun: true, processorMs: () => used, clock });
    let isOver = false;
    const answer = answered(NEVER, () => effort.isStarved, clock).finally(() => (isOver = true));
    const failed = expect(answer).rejects.toThrow(NoJavaScriptRuns);
    for (let turns = 0; turns < 15; turns += 1) {
      await clock.advanceAsync(100);
      used += 100 * share;
    }
    expect([isOver, effort.isStarved]).toEqual([false, true]);
    share = 2;
    used += 100 * share;
    await clock.advanceAsync(100);
    await failed;
  });

  it('counts in full when nobody knows the CPU time, or the thread waits', () => {
    const clock = new FakeClock();
    const starved = (wantsToRun: boolean, used: number | undefined): boolean =>
      new Effort({ wantsToRun, processorMs: () => used, clock }).isStarved;
    expect([starved(true, 0), starved(true, undefined), starved(false, 0)]).toEqual([true, false, false]);
  });
});
