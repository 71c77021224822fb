import fc from 'fast-check';
import { heapNearSince, isHeapNearlyFull } from '../../../src/pool/heap-watch';

describe(heapNearSince, () => {
  it.each([
    ['it has room', undefined, 0.8, undefined],
    ['it becomes nearly full', undefined, 0.85, 5000],
    ['it stays nearly full', 3000, 0.9, 3000],
    ['a collection has freed a little', 3000, 0.75, 3000],
    ['a collection has freed enough', 3000, 0.74, undefined],
    ['it reports nothing', 3000, undefined, undefined],
  ])('%s', (_what, before, fill, since) => expect(heapNearSince(before, fill, 5000)).toBe(since));
});

const share = (min: number, max: number) => fc.double({ min, max, noNaN: true });

describe(isHeapNearlyFull, () => {
  it.each([
    ['not near the limit', undefined, 0.99, 60_000, false],
    ['near for a moment', 8001, 0.9, 60_000, false],
    ['near for long enough', 8000, 0.9, 60_000, true],
    ['near for long enough, but not at this read', 8000, 0.84, 60_000, false],
    ['the successor would get there as fast', 8000, 0.9, 9999, false],
  ])('%s', (_what, nearSince, fill, ageMs, isFull) =>
    expect(isHeapNearlyFull({ nearSince, fill, ageMs }, 10_000, 10_000)).toBe(isFull),
  );

  it('is never true for a heap that each collection empties below three quarters', () => {
    const saw = fc.array(fc.tuple(share(0.85, 1), share(0, 0.74)));
    fc.assert(
      fc.property(saw, (teeth) => {
        let [now, nearSince] = [0, undefined as number | undefined];
        for (const fill of teeth.flat()) {
          now += 1000;
          nearSince = heapNearSince(nearSince, fill, now);
          expect(isHeapNearlyFull({ nearSince, fill, ageMs: 1e9 }, 0, now)).toBe(false);
        }
      }),
    );
  });
});
