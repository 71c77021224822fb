import { start, type Program } from '../support/program';

const CHANGES = 'autoscale changes the number of workers';

/** `from`, `to` and `why` of each change so far. */
function changes(program: Program): readonly (readonly string[])[] {
  return program.matching(CHANGES).map((line) => (/from=(\d+) to=(\d+) why=(\w+)/.exec(line) ?? []).slice(1));
}

describe.each(['process', 'thread'])('autoscaled workers of type %s', (workerType) => {
  const CONFIG = {
    workerType,
    // One look for each heartbeat: three seconds instead of a minute.
    workerHeartbeatInterval: 0.05,
    autoscale: { min: 1, max: 3, target: 0.6 },
  };

  it('grow in number while busy and shrink while idle', async () => {
    const program = start('autoscale', { config: { ...CONFIG, busy: true } });
    await program.waitForLine(/worker 0 started/);
    await program.waitForLine(/worker 2 started/);
    expect(changes(program)).toEqual([
      ['1', '2', 'busy'],
      ['2', '3', 'busy'],
    ]);
    expect(program.matching(CHANGES)[0]).toMatch(/utilization=(0\.[6-9]\d*|1) target=0.6/);

    program.setConfig({ ...CONFIG, busy: false });
    program.signal('SIGUSR2');
    await program.waitForLine('from=2 to=1 why=idle');
    expect(changes(program).slice(2)).toEqual([
      ['3', '2', 'idle'],
      ['2', '1', 'idle'],
    ]);
    program.signal('SIGTERM');
    expect(await program.exited).toEqual({ code: 0, signal: null });
  });

  it('ignore a scale command and a reload of workers', async () => {
    const config = { ...CONFIG, busy: false, autoscale: { min: 2, max: 3, target: 0.6 } };
    const program = start('autoscale', { config });
    await program.waitForLine(/worker 1 started/);
    program.signal('SIGTTIN');
    await program.waitForLine(/the number of workers does not change: autoscale decides it .*asked=3/);
    program.setConfig({ ...config, workers: 3 });
    program.signal('SIGUSR2');
    await program.waitForLine('config changed: workers');
    program.setConfig({ ...config, autoscale: null, workers: 1 });
    program.signal('SIGUSR2');
    await program.waitForLine('scaling from 2 to 1 workers');
    program.signal('SIGTERM');
    expect(await program.exited).toEqual({ code: 0, signal: null });
  });
});
