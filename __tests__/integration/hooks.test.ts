import { startRecorded } from '../support/recorded-program';
import { byStart } from '../support/worker-start';

describe('hooks (PARITY: Roles and hooks)', () => {
  it('run in their process: start hooks in the server, work hooks in the worker', async () => {
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
    expect(where('beforeFork')).toEqual(
      byStart('beforeFork() runs once, in the template', {
        spawned: [program.pid, program.pid],
        forked: [expect.any(Number)],
      }),
    );
    expect(where('afterStart')).toEqual([program.pid, program.pid]);
    for (const hook of ['run', 'reload', 'stop', 'afterDrain']) {
      expect(where(hook).sort()).toEqual([first, second].sort());
    }
  });

  it('run for each start, and afterRun() runs after the last worker, with its throw logged', async () => {
    const program = startRecorded('hooks', { config: { workerType: 'process', fail: ['afterRun'] } });
    await program.waitForWorkers(1);
    program.signal('SIGUSR1');
    await program.record({ message: 'is running', generation: 2 });
    const found = (pattern: RegExp, since = 0): (string | undefined)[] =>
      program.records(pattern, { since }).map(({ message }) => pattern.exec(message)?.[0]);
    expect(found(/beforeFork|afterStart|worker 0 started/)).toEqual([
      ...['beforeFork', 'worker 0 started', 'afterStart'],
      ...['beforeFork', 'worker 0 started', 'afterStart'],
    ]);
    await program.record('worker 0 finished');
    const since = program.now;
    expect(await program.stop()).toEqual({ code: 0, signal: null });
    const ends = /worker 0 finished|hook afterRun|afterRun\(\) failed|server finished/;
    expect(found(ends, since)).toEqual([
      'worker 0 finished',
      'hook afterRun',
      'afterRun() failed',
      'server finished',
    ]);
  });
});
