import { spawnSync } from 'node:child_process';
import { refusedFlags } from '../../../src/pool/refused-flags';

describe('flags that Node refuses', () => {
  it.each([
    ['--no-such-flag', /: bad option: --no-such-flag$/],
    ['--import', /: --import requires an argument$/],
  ])('%s is named, in the words of this version of Node', (flag, text) => {
    const { status, stderr } = spawnSync(process.execPath, [flag], { encoding: 'utf8' });
    expect(refusedFlags({ code: status, signal: null }, stderr.trim().split('\n'))).toMatch(text);
  });

  it.each([
    [{ code: 9, signal: null }, ['it was nine']],
    [{ code: 1, signal: null }, ['node: bad option: --x']],
    [{ code: null, signal: 'SIGKILL' as const }, ['node: bad option: --x']],
  ])('%j with %j is another kind of end', (exit, lines) => {
    expect(refusedFlags(exit, lines)).toBeUndefined();
  });
});
