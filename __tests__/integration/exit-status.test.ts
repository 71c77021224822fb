import { signalPid } from '../support/processes';
import { startRecorded, type RecordedProgram } from '../support/recorded-program';

describe('the exit status', () => {
  it('is 75 when workers crash more often than maxRestarts', async () => {
    const config = { misdeed: 'exit', status: 1, startRetry: true, maxRestarts: 2, restartBackoffMin: 0 };
    const program = startRecorded('misdeeds', { config });
    expect(await program.exited).toEqual({ code: 75, signal: null });
    expect(program.records('worker 0 started')).toHaveLength(3);
    expect(program.records({ level: 'fatal', message: 'workers crash too often' })).toHaveLength(1);
  });

  it('is 1 after the workers have finished when the server process fails', async () => {
    const program = startRecorded('server-breaks');
    expect(await program.exited).toEqual({ code: 1, signal: null });
    const [why] = program.records({ level: 'fatal', role: 'server', message: 'uncaught exception' });
    expect(JSON.stringify(why)).toContain('Error: the server is broken');
    expect(program.records({ message: 'worker 0 finished with status 0', reason: 'stop' })).toHaveLength(1);
  });
});

describe('workers that end with 5, 4, 4, 3 in that order (PARITY: Keeping workers alive)', () => {
  const STATUSES = [5, 4, 4, 3];
  const CONFIG = { workers: 4, statuses: STATUSES, unrecoverableExitCodes: [3, 4, 5] };

  // Where the order does not matter, two are enough.
  const TWO = { workers: 2, statuses: [5, 3] };

  async function armed(config: object): Promise<RecordedProgram> {
    const all = { ...CONFIG, ...config };
    const program = startRecorded('exit-codes', { config: all });
    await program.recordsOf(all.workers, 'armed');
    return program;
  }

  async function end(program: RecordedProgram, workerId: number): Promise<void> {
    signalPid(program.workerPid(workerId), 'SIGWINCH');
    await program.record(`worker ${String(workerId)} finished unexpectedly with status`);
  }

  it.each([
    [false, 0],
    [true, 3],
  ])(
    'are not restarted, and the last one ends the server (exitWithWorkerStatus %s: status %d)',
    async (exitWithWorkerStatus, code) => {
      const program = await armed({ exitWithWorkerStatus });
      for (const id of [0, 1, 2, 3]) await end(program, id);
      expect(await program.exited).toEqual({ code, signal: null });
      expect(program.records(/worker \d started/)).toHaveLength(4);
    },
  );

  it.each([
    [false, 0],
    [true, 5],
  ])(
    'end the server with the first one with stopImmediatelyAtUnrecoverableExit (exitWithWorkerStatus %s: status %d)',
    async (exitWithWorkerStatus, code) => {
      const program = await armed({ ...TWO, exitWithWorkerStatus, stopImmediatelyAtUnrecoverableExit: true });
      await end(program, 0);
      expect(await program.exited).toEqual({ code, signal: null });
      expect(program.records({ message: 'worker 1 finished with status 0', reason: 'stop' })).toHaveLength(1);
    },
  );

  it('are restarted unless unrecoverableExitCodes lists their status', async () => {
    const program = await armed({ ...TWO, unrecoverableExitCodes: [3] });
    await end(program, 0);
    await program.record({ message: 'worker 0 is running', generation: 2 });
    await end(program, 1);
    await program.record('worker 1 ended with an unrecoverable status; it is not restarted');
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });
});
