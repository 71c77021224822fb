import fc from 'fast-check';
import { rollOut, type Replacement } from '../../../src/servers/rollout';

const NEVER = new AbortController().signal;

describe(rollOut, () => {
  it('replaces all, never more than that many at once, in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(12), fc.integer({ min: 1, max: 5 }), async (count, concurrency) => {
        const ids = Array.from({ length: count }, (_, id) => id);
        const begun: number[] = [];
        let underWay = 0;
        let most = 0;
        const result = await rollOut(
          ids,
          () => concurrency,
          async (id) => {
            begun.push(id);
            underWay += 1;
            most = Math.max(most, underWay);
            await Promise.resolve();
            underWay -= 1;
            return 'done';
          },
          NEVER,
        );
        expect(begun).toEqual(ids);
        expect([...result.replaced].sort((a, b) => a - b)).toEqual(ids);
        expect(most).toBeLessThanOrEqual(concurrency);
        expect(result).toMatchObject({ failed: undefined, left: [] });
      }),
    );
  });

  it('begins nothing after the first failure, and tells what is left', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(9), fc.integer({ min: 1, max: 4 }), async (failing, concurrency) => {
        const ids = Array.from({ length: 10 }, (_, id) => id);
        const begun: number[] = [];
        const replace = async (id: number): Promise<Replacement> => {
          begun.push(id);
          await Promise.resolve();
          return id === failing ? { failure: 'broken' } : 'done';
        };
        const result = await rollOut(ids, () => concurrency, replace, NEVER);
        expect(result.failed).toEqual({ workerId: failing, why: 'broken' });
        expect(begun.length).toBeLessThan(failing + 1 + concurrency);
        expect(result.left).toEqual(ids.slice(begun.length));
      }),
    );
  });

  it('begins nothing once it is overtaken', async () => {
    const abort = new AbortController();
    const result = await rollOut(
      [0, 1, 2],
      () => 1,
      (id) => {
        if (id === 1) abort.abort();
        return Promise.resolve('done');
      },
      abort.signal,
    );
    expect(result).toEqual({ replaced: [0, 1], failed: undefined, left: [2] });
  });

  it('leaves out what needs no replacement', async () => {
    const result = await rollOut(
      [0, 1],
      () => 1,
      (id) => Promise.resolve(id === 0 ? 'void' : 'done'),
      NEVER,
    );
    expect(result).toEqual({ replaced: [1], failed: undefined, left: [] });
  });
});
