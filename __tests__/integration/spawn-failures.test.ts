import { isAlive, signalPid } from '../support/processes';
import { startRecorded, type RecordedProgram } from '../support/recorded-program';

const DESCRIPTORS = 200;

async function starve(program: RecordedProgram, pid: number): Promise<() => void> {
  const since = program.now;
  signalPid(pid, 'SIGWINCH');
  await program.waitForLine('nothing left', { since });
  return () => signalPid(pid, 'SIGWINCH');
}

describe('a start without enough descriptors', () => {
  it('is retried even before anything has started, and the log names the cure', async () => {
    // Enough for the server, too few for the pipes of a worker.
    const program = startRecorded('starved', { config: { restartBackoffMax: 0.2 }, descriptors: 26 });
    const failed = await program.record('worker 0 could not be started; the server tries again until it can');
    expect(failed.fields).toMatchObject({ errno: 'EMFILE' });
    expect(JSON.stringify(failed)).toContain('ulimit -n');
    await program.recordsOf(4, 'worker 0 could not be started, still');
    await program.stop();
    await program.allGone();
  });
});

describe('a process that has no descriptor left', () => {
  it('logs each failed start of a worker, and starts it once it can', async () => {
    const config = { maxRestarts: 1, restartBackoffMin: 0.05, restartBackoffMax: 0.1, signalUpgrade: 'URG' };
    const program = startRecorded('starved', { config, descriptors: DESCRIPTORS });
    await program.waitForWorkers(2);
    const feed = await starve(program, program.pid);
    const since = program.now;
    program.signal('SIGURG');
    const upgrade = await program.record('upgrade failed; this process goes on', { since });
    expect(JSON.stringify(upgrade)).toMatch(/spawn .* EMFILE/);
    const died = program.now;
    signalPid(program.workerPid(0), 'SIGKILL');
    // More often than maxRestarts: a failed start counts as no crash.
    const failed = await program.recordsOf(3, 'worker 0 could not be started', { since: died });
    for (const record of failed) expect(JSON.stringify(record)).not.toMatch(/TypeError/);
    expect(program.output).toMatch(/Error: spawn \S+ EMFILE/);
    feed();
    await program.record('worker 0 is running', { since: died });
    expect((await program.stop()).code).toBe(0);
    await program.allGone();
  });

  it('does not end a supervisor', async () => {
    const config = { supervisor: true, maxRestarts: 1, serverRestartWait: 0.05, restartBackoffMin: 0.05 };
    const program = startRecorded('starved', { config, descriptors: DESCRIPTORS });
    await program.record('server process is up');
    const [started] = program.records('server process started');
    const server = Number(started!.fields['pid']);
    const feed = await starve(program, program.pid);
    const since = program.now;
    signalPid(server, 'SIGKILL');
    await program.recordsOf(
      2,
      { level: 'error', role: 'supervisor', message: 'server process could not be started' },
      { since },
    );
    expect(program.output).toMatch(/Error: spawn \S+ EMFILE/);
    expect(isAlive(program.pid)).toBe(true);
    feed();
    await program.waitForWorkers(2, { since });
    expect((await program.stop()).code).toBe(0);
    await program.allGone();
  });
});
