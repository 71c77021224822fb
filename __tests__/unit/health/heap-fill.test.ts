import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { HeapFill, oldSpaceLimit } from '../../../src/health/heap-fill';

const MB = 2 ** 20;
const nothing = { execArgv: [], nodeOptions: undefined, heapSizeLimit: 4288 * MB };

describe(oldSpaceLimit, () => {
  it.each([
    ['the limit of V8 without the young generation', {}, 4096],
    ['half of a small one', { heapSizeLimit: 256 * MB }, 128],
    ['the command line', { execArgv: ['--inspect', '--max-old-space-size=64'] }, 64],
    ['the last one there', { execArgv: ['--max_old_space_size=32', '--max-old-space-size=64'] }, 64],
    ['the environment', { nodeOptions: '--no-warnings --max-old-space-size=512' }, 512],
    [
      'the command line over the environment',
      { execArgv: ['--max-old-space-size=64'], nodeOptions: '--max-old-space-size=512' },
      64,
    ],
    ['0 is the default of V8', { execArgv: ['--max-old-space-size=0'] }, 4096],
    ['that of a thread', { execArgv: ['--max-old-space-size=512'], threadLimitMb: 48 }, 48],
  ])('%s', (_what, given, limitMb) => expect(oldSpaceLimit({ ...nothing, ...given })).toBe(limitMb * MB));
});

/** What tests before this one left behind must not be collected between two looks. */
function collect(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

describe(HeapFill, () => {
  it('sees what is kept', () => {
    const fill = new HeapFill(1024);
    collect();
    const before = fill.look();
    const kept = Array.from({ length: 2_000_000 }, (_, index) => ({ index }));
    collect();
    const after = fill.look();
    expect(before.heapFill).toBeGreaterThan(0);
    expect(after.heapFill - before.heapFill).toBeGreaterThan(0.01);
    expect(after.heapUsedBytes - before.heapUsedBytes).toBeGreaterThan(10 * MB);
    expect(kept).toHaveLength(2_000_000);
  });
});
