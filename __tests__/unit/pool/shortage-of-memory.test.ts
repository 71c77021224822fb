import { shortageOfMemory } from '../../../src/pool/shortage-of-memory';
import type { ChildExit } from '../../../src/watch/child-exit';

const HEAP = 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory';
const ABORTED: ChildExit = { code: null, signal: 'SIGABRT' };
const KILLED: ChildExit = { code: null, signal: 'SIGKILL' };

describe('the kind of memory that a worker lacked', () => {
  it.each<[string, ChildExit, boolean, readonly string[], RegExp | undefined]>([
    ['V8 gave up', ABORTED, false, ['one', HEAP, ' 1: 0xb9a330 node::Abort()'], /heap was full/],
    ['V8 gave up behind a shell', { code: 134, signal: null }, false, [HEAP], /heap was full/],
    [
      'V8 crashed on purpose',
      { code: null, signal: 'SIGTRAP' },
      false,
      ['# Fatal JavaScript out of memory: x'],
      /heap was full/,
    ],
    [
      'a table was too large',
      ABORTED,
      false,
      ['FATAL ERROR: invalid table size Allocation failed'],
      /heap was full/,
    ],
    ['a thread', { code: 1, signal: null, isHeapFull: true }, false, [], /heap was full/],
    ['the kernel killed it', KILLED, true, [], /OOM killer/],
    ['another process killed it', KILLED, false, [HEAP], undefined],
    ['it aborted for another reason', ABORTED, false, ['assertion failed'], undefined],
    ['it quotes such a message of its own program', { code: 1, signal: null }, false, [HEAP], undefined],
  ])('%s', (_name, exit, isOomKill, lines, expected) => {
    const cause = shortageOfMemory(exit, isOomKill, lines);
    if (expected) expect(cause).toMatch(expected);
    else expect(cause).toBeUndefined();
  });
});
