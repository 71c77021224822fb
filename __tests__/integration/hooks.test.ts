import { startRecorded } from '../support/recorded-program';

describe('hooks (PARITY: Roles and hooks)', () => {
  it('run where they belong: those around the start in the server, those of the work in the worker', async () => {
    const program = startRecorded('hooks', { config: { workerType: 'process', workers: 2 } });
    await program.waitForWorkers(2);
    program.signal('SIGUSR2');
    await program.recordsOf(2, 'hook reload');
    const [first, second] = [program.workerPid(0), program.workerPid(1)];
    expect(await program.stop()).toEqual({ code: 0, signal: null });

    const where = (hook: string): number[] =>
      program.records(new RegExp(`^hook ${hook}$`)).map(({ fields }) => Number(fields['in']));
    expect(where('beforeRun')).toEqual([program.pid]);
    expect(where('afterRun')).toEqual([program.pid]);
    expect(where('beforeFork')).toEqual([program.pid, program.pid]);
    expect(where('afterStart')).toEqual([program.pid, program.pid]);
    for (const hook of ['run', 'reload', 'stop', 'afterDrain']) {
      expect(where(hook).sort()).toEqual([first, second].sort());
    }
  });

  it('come again with each start: beforeFork() before it, afterStart() after it', async () => {
    const program = startRecorded('hooks', { config: { workerType: 'process' } });
    await program.waitForWorkers(1);
    program.signal('SIGUSR1');
    await program.record({ message: 'is running', generation: 2 });
    const story = program
      .records(/hook (beforeFork|afterStart)|worker 0 started/)
      .map(({ message }) => /beforeFork|afterStart|started/.exec(message)?.[0]);
    expect(story).toEqual(['beforeFork', 'started', 'afterStart', 'beforeFork', 'started', 'afterStart']);
  });

  it('afterRun() comes after the last worker, and a throw in it is logged', async () => {
    const program = startRecorded('hooks', { config: { workerType: 'process', fail: ['afterRun'] } });
    await program.waitForWorkers(1);
    expect(await program.stop()).toEqual({ code: 0, signal: null });
    const order = program
      .records(/worker 0 finished|hook afterRun|afterRun\(\) failed|server finished/)
      .map(
        ({ message }) =>
          /worker 0 finished|hook afterRun|afterRun\(\) failed|server finished/.exec(message)?.[0],
      );
    expect(order).toEqual(['worker 0 finished', 'hook afterRun', 'afterRun() failed', 'server finished']);
  });
});
