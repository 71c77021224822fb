import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { HeapFill, oldSpaceLimit, type HeapLook } from '../../../src/health/heap-fill';
import { bundled } from '../../support/bundled';

const MB = 2 ** 20;
const nothing = { execArgv: [], nodeOptions: undefined, heapSizeLimit: 4288 * MB };

describe(oldSpaceLimit, () => {
  it.each([
    ["is V8's limit without the young generation", {}, 4096],
    ['is half of a small one', { heapSizeLimit: 256 * MB }, 128],
    ['follows the command line', { execArgv: ['--inspect', '--max-old-space-size=64'] }, 64],
    ['follows the last flag', { execArgv: ['--max_old_space_size=32', '--max-old-space-size=64'] }, 64],
    ['follows the environment', { nodeOptions: '--no-warnings --max-old-space-size=512' }, 512],
    [
      'prefers the command line to the environment',
      { execArgv: ['--max-old-space-size=64'], nodeOptions: '--max-old-space-size=512' },
      64,
    ],
    ['treats 0 as the default of V8', { execArgv: ['--max-old-space-size=0'] }, 4096],
    ['follows the limit of a thread', { execArgv: ['--max-old-space-size=512'], threadLimitMb: 48 }, 48],
  ])('%s', (_what, given, limitMb) => expect(oldSpaceLimit({ ...nothing, ...given })).toBe(limitMb * MB));
});

// In its own process: in jest's process, garbage of earlier files is freed between two reads, even after a collection.
const PROGRAM = `
  const { HeapFill } = require(process.argv[1]);
  const fill = new HeapFill(1024);
  gc();
  const before = fill.look();
  globalThis.kept = Array.from({ length: 1_000_000 }, (_, index) => ({ index }));
  gc();
  process.stdout.write(JSON.stringify([before, fill.look()]));
`;

describe(HeapFill, () => {
  it('sees retained memory', () => {
    const args = [
      '--expose-gc',
      '--eval',
      PROGRAM,
      bundled(join(__dirname, '../../../src/health/heap-fill.ts')),
    ];
    const output = execFileSync(process.execPath, args, { encoding: 'utf8' });
    const [before, after] = JSON.parse(output) as [HeapLook, HeapLook];
    expect(before.heapFill).toBeGreaterThan(0);
    expect(after.heapFill - before.heapFill).toBeGreaterThan(0.01);
    expect(after.heapUsedBytes - before.heapUsedBytes).toBeGreaterThan(10 * MB);
  });
});
