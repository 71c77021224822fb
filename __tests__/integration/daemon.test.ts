import { existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ask } from '../support/clients';
import { eventually } from '../support/eventually';
import { isAlive, signalPid } from '../support/processes';
import { start, type Program } from '../support/program';
import { tempDir } from '../support/temp-dir';

interface Daemon {
  readonly program: Program;
  readonly pidPath: string;
  readonly log: () => string;
}

function launch(config: Record<string, unknown> = {}): Daemon {
  const folder = tempDir();
  const pidPath = join(folder, 'server.pid');
  const logPath = join(folder, 'server.log');
  const program = start('supervised', {
    config: { daemonize: true, workers: 2, pidPath, log: logPath, ...config },
  });
  return { program, pidPath, log: () => (existsSync(logPath) ? readFileSync(logPath, 'utf8') : '') };
}

/** A field of /proc/PID/stat. Index 0 is the state. */
function statField(pid: number, index: number): number {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[index]);
}

describe('daemonize', () => {
  it.each([{ supervisor: false }, { supervisor: true }])(
    'returns 0 once the server is up in its own session, with a pid file (%p, PARITY: Daemon)',
    async (config) => {
      const { program, pidPath, log } = launch(config);
      expect(await program.exited).toEqual({ code: 0, signal: null });
      const pid = Number(readFileSync(pidPath, 'utf8'));
      expect(log()).toMatch(/worker \d is running/);
      expect(statField(pid, 3)).toBe(pid);
      for (const fd of [0, 1, 2])
        expect(readlinkSync(`/proc/${String(pid)}/fd/${String(fd)}`)).toBe('/dev/null');
      const port = Number(/listening port=(\d+)/.exec(log())?.[1]);
      expect(await ask(port)).toMatch(/^\d+$/);
      signalPid(pid, 'SIGTERM');
      await program.allGone();
      expect(existsSync(pidPath)).toBe(false);
      expect(log()).toMatch(/finished status=0/);
    },
  );

  it.each([{ supervisor: false }, { supervisor: true }])(
    'returns daemonizeErrorExitCode with the reason on stderr when the start fails, and leaves nothing behind (%p, PARITY: Daemon)',
    async (config) => {
      const { program, pidPath } = launch({ ...config, start: 'throw', daemonizeErrorExitCode: 11 });
      expect(await program.exited).toEqual({ code: 11, signal: null });
      expect(program.output).toMatch(/cannot start: beforeRun\(\) failed: no good day to start/);
      await program.allGone();
      expect(existsSync(pidPath)).toBe(false);
    },
  );

  it.each([
    ['misdeeds', { supervisor: true }],
    ['thread-misdeeds', {}],
  ])(
    'returns daemonizeErrorExitCode with the last output when no worker becomes ready (%s)',
    async (fixture, more) => {
      const folder = tempDir();
      const [pidPath, log] = [join(folder, 'server.pid'), join(folder, 'server.log')];
      const config = { misdeed: 'throw', daemonize: true, daemonizeErrorExitCode: 11, pidPath, log, ...more };
      const program = start(fixture, { config });
      expect(await program.exited).toEqual({ code: 11, signal: null });
      expect(program.output).toMatch(
        /cannot start: worker 0 ended with status 1 before it was up; its last words:/,
      );
      expect(program.output).toContain('Error: run is broken');
      await program.allGone();
      expect(existsSync(pidPath)).toBe(false);
      const text = readFileSync(log, 'utf8');
      expect(text).toMatch(/\[fatal\] .*no worker came up, so the server gives up/);
      expect(text).not.toMatch(/its last words:"?$/m);
      if ('supervisor' in more) expect(text).toMatch(/the supervisor gives up[^]*run is broken/);
    },
  );

  it('retries forever with startRetry, and prints the reason after daemonizeTimeout', async () => {
    const folder = tempDir();
    // Embedded: only one process must boot in that time, even on a busy machine.
    const more = { startRetry: true, daemonizeTimeout: 4, restartBackoffMax: 0.2 };
    const config = { fail: ['run'], daemonize: true, log: join(folder, 'server.log'), ...more };
    const program = start('hooks', { config });
    expect((await program.exited).code).toBe(1);
    expect(program.output).toMatch(
      /was not up after 4 s \(daemonizeTimeout\); the last start failed: run\(\) of the embedded worker failed: run is broken/,
    );
    await program.allGone();
  });

  it('returns daemonizeErrorExitCode when the start hangs, and leaves nothing behind (PARITY: Daemon)', async () => {
    const { program } = launch({
      supervisor: true,
      start: 'hang',
      daemonizeTimeout: 1.5,
      daemonizeErrorExitCode: 12,
    });
    expect(await program.exited).toEqual({ code: 12, signal: null });
    expect(program.output).toMatch(/was not up after 1.5 s/);
    await program.allGone();
  });

  it.each([
    ['SIGINT', 130, { supervisor: true }],
    ['SIGTERM', 143, {}],
  ] as const)('does not start the daemon when the launcher gets %s', async (signal, code, config) => {
    const { program, pidPath, log } = launch({ ...config, start: 'hang' });
    await eventually(() => log().includes('hook beforeRun'), 'the server is being started');
    program.signal(signal);
    expect(await program.exited).toEqual({ code, signal: null });
    expect(program.output).toContain(`cannot start: ${signal} came before the server was up`);
    await program.allGone();
    expect(existsSync(pidPath)).toBe(false);
  });

  it('returns daemonizeErrorExitCode when another engine holds the pid file (PARITY: Daemon)', async () => {
    const first = launch();
    await first.program.exited;
    const second = start('supervised', {
      config: { daemonize: true, pidPath: first.pidPath, daemonizeErrorExitCode: 9 },
    });
    expect((await second.exited).code).toBe(9);
    expect(second.output).toMatch(/belongs to process \d+, which is running/);
    const pid = Number(readFileSync(first.pidPath, 'utf8'));
    expect(isAlive(pid)).toBe(true);
    signalPid(pid, 'SIGTERM');
    await first.program.allGone();
  });

  it('replaces a stale pid file and logs that', async () => {
    const folder = tempDir();
    const pidPath = join(folder, 'stale.pid');
    writeFileSync(pidPath, '999999\n');
    const { program, log } = launch({ pidPath });
    expect((await program.exited).code).toBe(0);
    expect(log()).toMatch(/stale pid file replaced/);
    signalPid(Number(readFileSync(pidPath, 'utf8')), 'SIGTERM');
    await program.allGone();
  });

  it('restarts live on INT by default, and keeps its pid (PARITY: Daemon)', async () => {
    const { program, pidPath, log } = launch({ supervisor: true });
    await program.exited;
    const pid = Number(readFileSync(pidPath, 'utf8'));
    signalPid(pid, 'SIGINT');
    await eventually(
      () => /server process started .*generation=2/.test(log()),
      'the next server was started',
    );
    expect(isAlive(pid)).toBe(true);
    signalPid(pid, 'SIGTERM');
    await program.allGone();
  });

  it('shows the names of all roles in ps, including long ones (PARITY: Daemon)', async () => {
    const long =
      'a name that is much longer than the words this process was once started with, whatever they were: ';
    const { program, pidPath, log } = launch({
      supervisor: true,
      daemonProcessName: `${long}supervisor`,
      serverProcessName: `${long}server`,
      workerProcessName: `${long}worker %d`,
    });
    await program.exited;
    const pid = Number(readFileSync(pidPath, 'utf8'));
    const nameOf = (of: number): string =>
      readFileSync(`/proc/${String(of)}/cmdline`, 'utf8').replace(/\0+$/, '');
    const serverPid = Number(/server process started pid=(\d+)/.exec(log())?.[1]);
    const workerPid = Number(/worker 1 started .*pid=(\d+)/.exec(log())?.[1]);
    expect(nameOf(pid)).toBe(`${long}supervisor`);
    expect(nameOf(serverPid)).toBe(`${long}server`);
    // The daemon is up with its first worker, while this one may still boot.
    await eventually(() => nameOf(workerPid) === `${long}worker 1`, 'the worker has its name');
    signalPid(pid, 'SIGTERM');
    await program.allGone();
  });
});
