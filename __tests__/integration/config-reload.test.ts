import { eventually } from '../support/eventually';
import { isAlive } from '../support/processes';
import { start } from '../support/program';

const CONFIG = { workerType: 'process', workers: 2, greeting: 'one' };

describe('a reload (USR2)', () => {
  it('gives every worker the new config before its reload() is called', async () => {
    const program = start('hooks', { config: CONFIG });
    await program.waitForLines(2, /worker=\d .*greeting one/);
    const before = program.workerPids();
    program.setConfig({ ...CONFIG, greeting: 'two' });
    program.signal('SIGUSR2');
    const lines = await program.waitForLines(2, /worker=\d .*greeting two/);
    expect(new Set(lines.map((line) => /worker=(\d)/.exec(line)?.[1]))).toEqual(new Set(['0', '1']));
    expect(program.matching(/worker=\d .*hook reload/)).toHaveLength(2);
    expect(program.matching('config changed: greeting from=*** to=***')).toHaveLength(1);
    expect(program.workerPids()).toEqual(before);
  });

  it('keeps the last good config when the config function throws', async () => {
    const program = start('hooks', { config: CONFIG });
    await program.waitForWorkers(2);
    program.setConfig('{ no config');
    const since = program.now;
    program.signal('SIGUSR2');
    const line = await program.waitForLine('the configuration was not reloaded', { since });
    expect(line).toMatch(/\[error\] server .*the last good one stays in force reason=/);
    program.setConfig({ ...CONFIG, greeting: 'three' });
    program.signal('SIGUSR2');
    await program.waitForLines(2, /greeting three/, { since });
    expect(program.matching('finished')).toEqual([]);
  });

  it('keeps the last good config when a value is wrong, and names the key', async () => {
    const program = start('hooks', { config: CONFIG });
    await program.waitForWorkers(2);
    program.setConfig({ ...CONFIG, workers: -3 });
    program.signal('SIGUSR2');
    const line = await program.waitForLine('the configuration was not reloaded');
    expect(line).toContain("workers must be an integer >= 1 or 'auto', got -3");
  });

  it('changes the number of workers, up and down (PARITY: Keeping workers alive)', async () => {
    const program = start('hooks', { config: CONFIG });
    await program.waitForWorkers(2);
    const before = program.workerPids();
    program.setConfig({ ...CONFIG, workers: 3 });
    program.signal('SIGUSR2');
    await program.waitForLine(/worker 2 is running/);
    const third = program.workerPid(2);
    program.setConfig({ ...CONFIG, workers: 1 });
    program.signal('SIGUSR2');
    await program.waitForLines(2, /\[info\] .*worker [12] finished with status 0 .*reason=scale_down/);
    await eventually(() => !isAlive(third) && !isAlive(before[1]!), 'the surplus is gone');
    expect(isAlive(before[0]!)).toBe(true);
    expect(program.workerPid(0)).toBe(before[0]);
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });

  it('changes the log level in server and workers (PARITY: Config and log)', async () => {
    const config = { ...CONFIG, workers: 1 };
    const program = start('hooks', { config });
    await program.waitForWorkers(1);
    const reload = async (logLevel: string, greeting: string): Promise<void> => {
      program.setConfig({ ...config, logLevel, greeting });
      program.signal('SIGUSR2');
      await program.waitForLine(`greeting ${greeting}`);
    };
    await reload('info', 'quiet');
    const quiet = program.now;
    await reload('info', 'still quiet');
    await reload('debug', 'loud');
    await program.waitForLine('a line for debuggers');
    expect(program.matching('a line for debuggers')).toHaveLength(1);
    expect(program.matching('[debug] server', quiet)).toEqual([]);
  });

  it('says of a key that cannot be reloaded that it needs a restart', async () => {
    const program = start('hooks', { config: CONFIG });
    await program.waitForWorkers(2);
    program.setConfig({ ...CONFIG, workerType: 'embedded' });
    program.signal('SIGUSR2');
    const line = await program.waitForLine('config change needs a restart of the server: workerType');
    expect(line).toContain('from=process to=embedded');
  });
});

describe('a restart (USR1)', () => {
  it('reads the config again too', async () => {
    const program = start('hooks', { config: CONFIG });
    await program.waitForWorkers(2);
    program.setConfig({ ...CONFIG, greeting: 'again' });
    program.signal('SIGUSR1');
    await program.waitForLines(2, /worker=\d .*greeting again/);
    expect(program.matching('hook reload')).toEqual([]);
  });
});
