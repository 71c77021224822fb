import { eventually } from '../support/eventually';
import { isAlive } from '../support/processes';
import { startRecorded } from '../support/recorded-program';

const CONFIG = { workerType: 'process', workers: 2, greeting: 'one' };

describe('a reload (USR2)', () => {
  it('gives every worker the new config before it calls reload()', async () => {
    const program = startRecorded('hooks', { config: CONFIG });
    await program.recordsOf(2, { worker: /\d/, message: 'greeting one' });
    const before = program.workerPids();
    program.setConfig({ ...CONFIG, greeting: 'two' });
    program.signal('SIGUSR2');
    const greeted = await program.recordsOf(2, { worker: /\d/, message: 'greeting two' });
    expect(new Set(greeted.map(({ worker }) => worker))).toEqual(new Set([0, 1]));
    expect(program.records({ worker: /\d/, message: 'hook reload' })).toHaveLength(2);
    expect(program.records({ message: 'config changed: greeting', from: '***', to: '***' })).toHaveLength(1);
    expect(program.workerPids()).toEqual(before);
  });

  it('keeps the last good config when the config function throws', async () => {
    const program = startRecorded('hooks', { config: CONFIG });
    await program.waitForWorkers(2);
    program.setConfig('{ no config');
    const since = program.now;
    program.signal('SIGUSR2');
    const refused = await program.record('the configuration was not reloaded', { since });
    expect(refused).toMatchObject({ level: 'error', role: 'server' });
    expect(refused.message).toContain('the last good one stays in force');
    expect(refused.fields).toHaveProperty('reason');
    program.setConfig({ ...CONFIG, greeting: 'three' });
    program.signal('SIGUSR2');
    await program.recordsOf(2, 'greeting three', { since });
    expect(program.records('finished')).toEqual([]);
  });

  it('keeps the last good config when a value is invalid, and names the key', async () => {
    const program = startRecorded('hooks', { config: CONFIG });
    await program.waitForWorkers(2);
    program.setConfig({ ...CONFIG, workers: -3 });
    program.signal('SIGUSR2');
    const { fields } = await program.record('the configuration was not reloaded');
    expect(fields['reason']).toContain("workers must be an integer >= 1 or 'auto', got -3");
  });

  it('changes the number of workers, up and down (PARITY: Keeping workers alive)', async () => {
    const program = startRecorded('hooks', { config: CONFIG });
    await program.waitForWorkers(2);
    const before = program.workerPids();
    program.setConfig({ ...CONFIG, workers: 3 });
    program.signal('SIGUSR2');
    await program.record('worker 2 is running');
    const third = program.workerPid(2);
    program.setConfig({ ...CONFIG, workers: 1 });
    program.signal('SIGUSR2');
    await program.recordsOf(2, {
      level: 'info',
      message: /worker [12] finished with status 0/,
      reason: 'scale_down',
    });
    await eventually(() => !isAlive(third) && !isAlive(before[1]!), 'the surplus is gone');
    expect(isAlive(before[0]!)).toBe(true);
    expect(program.workerPid(0)).toBe(before[0]);
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });

  it('changes the log level in server and workers (PARITY: Config and log)', async () => {
    const config = { ...CONFIG, workers: 1 };
    const program = startRecorded('hooks', { config });
    await program.waitForWorkers(1);
    const reload = async (logLevel: string, greeting: string): Promise<void> => {
      program.setConfig({ ...config, logLevel, greeting });
      program.signal('SIGUSR2');
      await program.record(`greeting ${greeting}`);
    };
    await reload('info', 'quiet');
    const quiet = program.now;
    await reload('info', 'still quiet');
    await reload('debug', 'loud');
    await program.record('a line for debuggers');
    expect(program.records('a line for debuggers')).toHaveLength(1);
    expect(program.records({ level: 'debug', role: 'server' }, { since: quiet })).toEqual([]);
  });

  it('logs that a key without reload support needs a restart', async () => {
    const program = startRecorded('hooks', { config: CONFIG });
    await program.waitForWorkers(2);
    program.setConfig({ ...CONFIG, workerType: 'embedded' });
    program.signal('SIGUSR2');
    const { fields } = await program.record('config change needs a restart of the server: workerType');
    expect(fields).toMatchObject({ from: 'process', to: 'embedded' });
  });
});

describe('a restart (USR1)', () => {
  it('reads the config again', async () => {
    const program = startRecorded('hooks', { config: CONFIG });
    await program.waitForWorkers(2);
    program.setConfig({ ...CONFIG, greeting: 'again' });
    program.signal('SIGUSR1');
    await program.recordsOf(2, { worker: /\d/, message: 'greeting again' });
    expect(program.records('hook reload')).toEqual([]);
  });
});
