import { isAlive, signalPid } from '../support/processes';
import { start, type Program } from '../support/program';

const DESCRIPTORS = 200;

async function starve(program: Program, pid: number): Promise<() => void> {
  const since = program.now;
  signalPid(pid, 'SIGWINCH');
  await program.waitForLine(/nothing left/, { since });
  return () => signalPid(pid, 'SIGWINCH');
}

describe('a process that has no descriptor left', () => {
  it('says so at each start of a worker, and starts it once it can', async () => {
    const config = { maxRestarts: 1, restartBackoffMin: 0.05, restartBackoffMax: 0.1, signalUpgrade: 'URG' };
    const program = start('starved', { config, descriptors: DESCRIPTORS });
    await program.waitForWorkers(2);
    const feed = await starve(program, program.pid);
    const since = program.now;
    program.signal('SIGURG');
    const upgrade = await program.waitForLine(/upgrade failed, this process goes on/, { since });
    expect(upgrade).toMatch(/spawn .* EMFILE/);
    const died = program.now;
    signalPid(program.workerPid(0), 'SIGKILL');
    // More often than maxRestarts: it is nobody's crash.
    const lines = await program.waitForLines(3, /worker 0 could not be started /, { since: died });
    for (const line of lines) expect(line).not.toMatch(/TypeError/);
    expect(program.output).toMatch(/Error: spawn \S+ EMFILE/);
    feed();
    await program.waitForLine(/worker 0 is running/, { since: died });
    expect((await program.stop()).code).toBe(0);
    await program.allGone();
  });

  it('does not end a supervisor', async () => {
    const config = { supervisor: true, maxRestarts: 1, serverRestartWait: 0.05, restartBackoffMin: 0.05 };
    const program = start('starved', { config, descriptors: DESCRIPTORS });
    await program.waitForLine(/server process is up/);
    const [line] = program.matching(/server process started/);
    const server = Number(/ pid=(\d+) generation/.exec(line ?? '')?.[1]);
    const feed = await starve(program, program.pid);
    const since = program.now;
    signalPid(server, 'SIGKILL');
    await program.waitForLines(2, /\[error\] supervisor .*server process could not be started/, { since });
    expect(program.output).toMatch(/Error: spawn \S+ EMFILE/);
    expect(isAlive(program.pid)).toBe(true);
    feed();
    await program.waitForWorkers(2, { since });
    expect((await program.stop()).code).toBe(0);
    await program.allGone();
  });
});
