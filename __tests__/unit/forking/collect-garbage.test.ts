import { getHeapStatistics } from 'node:v8';
import { collectLargeHeap } from '../../../src/forking/collect-garbage';

const usedMb = (): number => getHeapStatistics().used_heap_size / 2 ** 20;

describe('the collection before the first fork', () => {
  it('frees the garbage of a large heap', () => {
    let kept: object[] | undefined = [];
    for (let index = 0; index < 1_000_000; index += 1) kept.push({ index });
    const before = usedMb();
    expect(kept).toHaveLength(1_000_000);
    kept = undefined;
    collectLargeHeap();
    expect(usedMb()).toBeLessThan(before - 20);
    expect(globalThis.gc).toBeUndefined();
  });

  it('uses the function of a program that was started with --expose-gc', () => {
    const kept = Array.from({ length: 400_000 }, (_, index) => ({ index }));
    const gc = jest.fn();
    Reflect.set(globalThis, 'gc', gc);
    try {
      collectLargeHeap();
    } finally {
      Reflect.deleteProperty(globalThis, 'gc');
    }
    expect(kept).toHaveLength(400_000);
    expect(gc).toHaveBeenCalledTimes(1);
  });
});
