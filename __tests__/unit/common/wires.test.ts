import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { inBrief } from '../../../src/common/wires';
import { bundled } from '../../support/bundled';

const SOURCES = join(__dirname, '../../../src');

/** The output of a process on stderr. */
function written(nodeDebug: string): string {
  const code = "require(process.env.WIRES).wire('to 7', { type: 'stop', graceful: true })";
  const { stderr } = spawnSync(process.execPath, ['--eval', code], {
    cwd: SOURCES,
    env: { ...process.env, WIRES: bundled(join(SOURCES, 'common/wires.ts')), NODE_DEBUG: nodeDebug },
    encoding: 'utf8',
  });
  return stderr;
}

describe('the wires', () => {
  it.each([
    ['serverengine', /^SERVERENGINE \d+: to 7: stop graceful=true\n$/],
    ['net_of_mine,server*', /^SERVERENGINE \d+: to 7/],
    ['', /^$/],
    ['other', /^$/],
  ])('NODE_DEBUG=%s shows them or not', (nodeDebug, expected) => {
    expect(written(nodeDebug)).toMatch(expected);
  });
});

describe(inBrief, () => {
  it.each([
    [{ type: 'stop', graceful: true, reason: 'restart' }, 'stop graceful=true reason=restart'],
    [{ kind: 'launched', serial: 3, pid: undefined, startedAt: 12.5 }, 'launched serial=3 startedAt=13'],
    [{ cmd: 'NODE_CLUSTER', act: 'queryServer' }, 'NODE_CLUSTER act=queryServer'],
    [{ id: 4, left: null }, 'message id=4'],
  ])('%j becomes %s', (message, line) => {
    expect(inBrief(message)).toBe(line);
  });

  it('shows no possible secret', () => {
    const message = {
      type: 'prepare',
      config: { password: 'hunter2' },
      token: 'hunter2',
      url: 'ws://hunter2',
      env: ['hunter2'],
    };
    expect(inBrief(message)).toBe('prepare config=… token=… url=… env=…');
  });
});
