import { ask, differentAnswers } from '../support/clients';
import { signalPid } from '../support/processes';
import { startRecorded } from '../support/recorded-program';

describe('a worker that is killed with -9', () => {
  it('is replaced at once under the same id, and its death is one error record (PARITY: Keeping workers alive)', async () => {
    const program = startRecorded('tcp-shared', { config: { workers: 2 } });
    await program.waitForWorkers(2);
    const [first, second] = [program.workerPid(0), program.workerPid(1)];
    const since = program.now;
    signalPid(second, 'SIGKILL');
    const started = await program.record({ message: 'worker 1 started', generation: 2 }, { since });
    await program.record({ message: 'worker 1 is running', generation: 2 }, { since });

    const [finished, ...others] = program.records('worker 1 finished');
    expect(others).toEqual([]);
    expect(finished).toMatchObject({
      level: 'error',
      role: 'server',
      message: 'worker 1 finished unexpectedly with signal SIGKILL',
      fields: { workerId: 1, pid: second },
    });
    expect(finished!.fields['uptimeMs']).toBeGreaterThan(0);
    expect(started.time).toBeGreaterThanOrEqual(finished!.time);
    const told = program
      .records(/worker 1 (started|is running|finished)/)
      .map(({ message }) => message.split(' ')[2]);
    expect(told).toEqual(['started', 'is', 'finished', 'started', 'is']);
    expect(program.records('will be restarted after a delay')).toEqual([]);
    expect(program.workerPid(0)).toBe(first);

    const port = await program.port();
    const pids = new Set([String(first), String(program.workerPid(1))]);
    expect(await differentAnswers(2, () => ask(port))).toEqual(pids);
  });

  it('is replaced after restartWorkerInterval without delaying other workers (PARITY: Keeping workers alive)', async () => {
    const program = startRecorded('tcp-shared', { config: { workers: 2, restartWorkerInterval: '700ms' } });
    await program.waitForWorkers(2);
    signalPid(program.workerPid(0), 'SIGKILL');
    const finished = await program.record('worker 0 finished');
    const port = await program.port();
    expect(await ask(port)).toBe(String(program.workerPid(1)));
    const started = await program.record({ message: 'worker 0 started', generation: 2 });
    expect(started.time - finished.time).toBeGreaterThanOrEqual(695);
  });
});
