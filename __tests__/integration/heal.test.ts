import { ask, differentAnswers } from '../support/clients';
import { numberIn, timeOf } from '../support/log-lines';
import { signalPid } from '../support/processes';
import { start } from '../support/program';

describe('a worker that is killed with -9', () => {
  it('is replaced at once by one with the same id, and its death is one error record (PARITY: Keeping workers alive)', async () => {
    const program = start('tcp-shared', { config: { workers: 2 } });
    await program.waitForWorkers(2);
    const [first, second] = [program.workerPid(0), program.workerPid(1)];
    const since = program.now;
    signalPid(second, 'SIGKILL');
    const started = await program.waitForLine(/worker 1 started .*generation=2/, { since });
    await program.waitForLine(/worker 1 is running .*generation=2/, { since });

    const [finished, ...others] = program.matching(/worker 1 finished/);
    expect(others).toEqual([]);
    expect(finished).toMatch(/\[error\] server pid=\d+: worker 1 finished unexpectedly with signal SIGKILL/);
    expect(numberIn(finished!, 'workerId')).toBe(1);
    expect(finished).toContain(` pid=${String(second)} `);
    expect(numberIn(finished!, 'uptimeMs')).toBeGreaterThan(0);
    expect(timeOf(started)).toBeGreaterThanOrEqual(timeOf(finished!));
    const told = program
      .matching(/worker 1 (started|is running|finished)/)
      .map((line) => line.split('worker 1 ')[1]);
    expect(told.map((line) => line?.split(' ')[0])).toEqual(['started', 'is', 'finished', 'started', 'is']);
    expect(program.matching('will be restarted after a delay')).toEqual([]);
    expect(program.workerPid(0)).toBe(first);

    const port = await program.port();
    const pids = new Set([String(first), String(program.workerPid(1))]);
    expect(await differentAnswers(2, () => ask(port))).toEqual(pids);
  });

  it('is waited for when restartWorkerInterval says so, and nobody else is held up (PARITY: Keeping workers alive)', async () => {
    const program = start('tcp-shared', { config: { workers: 2, restartWorkerInterval: '700ms' } });
    await program.waitForWorkers(2);
    signalPid(program.workerPid(0), 'SIGKILL');
    const finished = await program.waitForLine(/worker 0 finished/);
    const port = await program.port();
    expect(await ask(port)).toBe(String(program.workerPid(1)));
    const started = await program.waitForLine(/worker 0 started .*generation=2/);
    expect(timeOf(started) - timeOf(finished)).toBeGreaterThanOrEqual(695);
  });
});
