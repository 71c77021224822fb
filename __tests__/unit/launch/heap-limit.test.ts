import { heapLimitMb, withHeapLimitArgs, withHeapLimitEnv } from '../../../src/launch/heap-limit';

describe('the heap limit of a worker', () => {
  it('is in whole MB, rounded down', () => {
    expect(
      [undefined, 2 ** 20 * 64, 2 ** 20 * 64.9].map((bytes) => heapLimitMb({ workerHeapLimit: bytes })),
    ).toEqual([undefined, 64, 64]);
  });

  it.each<[string, readonly string[], readonly string[]]>([
    ['nothing else', ['app.js', 'x'], ['--max-old-space-size=64', 'app.js', 'x']],
    [
      'another size',
      ['--max-old-space-size=900', 'app.js'],
      ['--max-old-space-size=900', '--max-old-space-size=64', 'app.js'],
    ],
    [
      'a percentage',
      ['--import', 'tsx', '--max-old-space-size-percentage=50', 'app.js'],
      ['--import', 'tsx', '--max-old-space-size=64', 'app.js'],
    ],
    [
      'a percentage in two words',
      ['--max_old_space_size_percentage', '50', '--inspect', 'app.js'],
      ['--inspect', '--max-old-space-size=64', 'app.js'],
    ],
    [
      'arguments of the program',
      ['app.js', '--max-old-space-size-percentage=50'],
      ['--max-old-space-size=64', 'app.js', '--max-old-space-size-percentage=50'],
    ],
  ])('is the last flag before the script: %s', (_name, args, expected) => {
    expect(withHeapLimitArgs(args, 'app.js', 64)).toEqual(expected);
    expect(withHeapLimitArgs(args, 'app.js', undefined)).toBe(args);
  });

  it('removes a percentage from NODE_OPTIONS, and keeps the rest', () => {
    const env = { A: '1', NODE_OPTIONS: '--require "a b" --max-old-space-size-percentage=50 --no-warnings' };
    expect(withHeapLimitEnv(env, 64)).toEqual({ A: '1', NODE_OPTIONS: '--require "a b" --no-warnings' });
    expect(withHeapLimitEnv(env, undefined)).toBe(env);
    const size = { NODE_OPTIONS: '--max-old-space-size=900' };
    expect(withHeapLimitEnv(size, 64)).toBe(size);
    const none = {};
    expect(withHeapLimitEnv(none, 64)).toBe(none);
  });
});
