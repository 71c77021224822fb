import { join } from 'node:path';
import { start, type Program } from '../support/program';
import { tempDir } from '../support/temp-dir';
import { spawnedOnly } from '../support/worker-start';

// A slow boot on a busy machine is only tried again. Far shorter than the heartbeat timeout.
const CONFIG = {
  workerReadyTimeout: '3s',
  workerImmediateKillInterval: '1s',
  workerHeartbeatKillDelay: '1s',
};

function hanging(config: Readonly<Record<string, unknown>>): Program {
  return start('boot-hangs', { config: { ...CONFIG, once: join(tempDir(), 'once'), ...config } });
}

const ORDER = /did not become ready in time|worker 0 hangs|worker 0 finished/;

describe.each(['process', 'thread'])('a worker of type %s that hangs before readiness', (workerType) => {
  // A template that hangs: see fork.test.ts.
  const whileLoading =
    workerType === 'thread'
      ? it
      : spawnedOnly('a program that hangs while it is loaded hangs in the template');

  const isKilledWithItsStack = async (hang: string): Promise<void> => {
    const program = hanging({ hang, workerType });
    await program.waitForLine(/worker 0 is running .*generation=[2-9]/);
    const [first, second, third] = program.matching(ORDER).map((line) => ORDER.exec(line)?.[0]);
    expect([first, second, third]).toEqual([
      'did not become ready in time',
      'worker 0 hangs',
      'worker 0 finished',
    ]);
    const [late] = program.matching('did not become ready in time');
    expect(late).toMatch(/limitMs=3000/);
    expect(late?.includes('has not called run() of the engine')).toBe(hang === 'import');
    expect(program.matching('worker 0 hangs')[0]).toMatch(/worker 0 hangs in block \(.*block\.js:\d+:\d+\)/);
    expect(program.matching('worker 0 finished')[0]).toContain('reason=ready_timeout');
    expect((await program.stop()).code).toBe(0);
  };

  it.each(['constructor', 'run'])(
    '(%s) is killed with its stack in the log, and replaced',
    isKilledWithItsStack,
  );

  whileLoading('(import) is killed with its stack in the log, and replaced', () =>
    isKilledWithItsStack('import'),
  );

  whileLoading('(the engine is never run) is killed and replaced', async () => {
    const program = hanging({ hang: 'never run', workerType });
    await program.waitForLine(/worker 0 is running .*generation=[2-9]/);
    expect(program.matching('worker 0 finished')[0]).toContain('reason=ready_timeout');
    const [late] = program.matching('did not become ready in time');
    expect(late).toContain('its script has not called run() of the engine');
    expect((await program.stop()).code).toBe(0);
  });

  it('halts a rolling restart and has its stack in the log', async () => {
    const config = { ...CONFIG, workerType, restartStrategy: 'rolling' };
    const program = start('boot-hangs', { config: { ...config, hang: 'none' } });
    await program.waitForLine('worker 0 is running');
    program.setConfig({ ...config, hang: 'import' });
    program.signal('SIGUSR1');
    await program.waitForLine(/rolling restart halted; the old workers stay .*was not ready after 3 s/);
    expect(program.matching('worker 0 hangs')[0]).toContain('worker 0 hangs in block (');
    expect(program.matching('worker 0 finished')[0]).toContain('reason=ready_timeout');
    expect((await program.stop()).code).toBe(0);
  });
});

describe('a start in which every worker hangs', () => {
  it('fails and logs the reason', async () => {
    const program = start('boot-hangs', { config: { ...CONFIG, workerReadyTimeout: '1s', hang: 'import' } });
    expect(await program.exited).toEqual({ code: 1, signal: null });
    expect(program.matching('no worker came up, so the server gives up')[0]).toContain('(ready_timeout)');
    await program.allGone();
  });
});

describe('a worker that is alive but not ready', () => {
  it('is left alone, with a warning', async () => {
    const program = hanging({ hang: 'wait', workerHeartbeatInterval: '100ms' });
    await program.waitForLine(/\[warn\] .*worker 0 is not ready yet, but its event loop runs .*tookMs=[345]/);
    expect(program.matching('worker 0 finished')).toEqual([]);
    expect((await program.stop()).code).toBe(0);
  });
});
