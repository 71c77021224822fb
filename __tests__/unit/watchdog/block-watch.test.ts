import { BlockWatch } from '../../../src/watchdog/block-watch';
import type { StackFrame } from '../../../src/hang/source-mapped-frames';

const FRAMES: readonly StackFrame[] = [{ functionName: 'fib', file: '/x.js', line: 1, column: 2 }];

function watching(limitMs: number) {
  const turns = new Int32Array(1);
  let now = 0;
  const capture = jest.fn(async (isWanted: () => boolean) => (isWanted() ? FRAMES : undefined));
  const watch = new BlockWatch({ turns, now: () => now, capture });
  const intervalMs = watch.setLimit(limitMs) ?? 0;
  const pass = (ms: number, isTurning: boolean): void => {
    for (const end = now + ms; now < end;) {
      now += intervalMs;
      if (isTurning) turns[0]! += 1;
      watch.look();
    }
  };
  return { watch, turns, capture, pass };
}

describe(BlockWatch, () => {
  it('does nothing while the main thread runs its event loop', () => {
    const { capture, pass } = watching(200);
    pass(60_000, true);
    expect(capture).not.toHaveBeenCalled();
  });

  it('captures the stack of a blocked main thread once', async () => {
    const { watch, turns, capture, pass } = watching(200);
    pass(1_000, true);
    pass(5_000, false);
    expect(capture).toHaveBeenCalledTimes(1);
    expect(await watch.seenDuring(turns[0]!)).toBe(FRAMES);
    expect(await watch.seenDuring(turns[0]! + 1)).toBeUndefined();
  });

  it('captures at most once in ten seconds', () => {
    const { capture, pass } = watching(200);
    for (let i = 0; i < 20; i += 1) {
      pass(500, false);
      pass(500, true);
    }
    expect(capture).toHaveBeenCalledTimes(2);
  });

  it('stops when the limit is removed', () => {
    const { watch, capture, pass } = watching(200);
    expect(watch.setLimit(undefined)).toBeUndefined();
    pass(5_000, false);
    expect(capture).not.toHaveBeenCalled();
  });
});
