import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually';
import type { StartOptions } from '../support/program';
import { startRecorded } from '../support/recorded-program';

const WORKER = join(__dirname, '../fixtures/spawn-worker.py');

function python(args: readonly string[] = [], config: Readonly<Record<string, unknown>> = {}): StartOptions {
  return { config: { command: 'python3', args: [WORKER, ...args], ...config } };
}

describe('a spawn worker', () => {
  it('runs all its hooks in the server process, in order (PARITY: Roles and hooks)', async () => {
    const program = startRecorded('spawn-program', python());
    await program.record('python runs');
    expect(await program.stop()).toEqual({ code: 0, signal: null });
    const hooks = program.records(/hook \w+/);
    expect(hooks.map(({ message }) => /hook (\w+)/.exec(message)?.[1])).toEqual([
      'beforeFork',
      'spawn',
      'afterStart',
    ]);
    for (const { fields } of hooks) expect(fields['in']).toBe(program.pid);
  });

  it('has each line of its output logged as a record with its id and pid', async () => {
    const program = startRecorded('spawn-program', python([], { workers: 2 }));
    await program.recordsOf(2, 'python runs');
    await program.recordsOf(2, 'a complaint');
    for (const [id, pid] of program.workers()) {
      const origin = { role: 'worker', worker: id, writtenBy: pid };
      const said = { ...origin, level: 'info', message: 'python runs, NAME=none' } as const;
      expect(program.records(said)).toHaveLength(1);
      expect(program.records({ ...origin, level: 'warn', message: 'a complaint' })).toHaveLength(1);
    }
    await program.stop();
  });

  it("gets the environment argument on top of the server's environment", async () => {
    const program = startRecorded('spawn-program', python([], { env: { NAME: 'from spawn' } }));
    await program.record('NAME=from spawn');
    await program.stop();
  });

  it('gets TERM on a graceful stop', async () => {
    const program = startRecorded('spawn-program', python());
    await program.record('python runs');
    await program.stop();
    expect(program.records('got SIGTERM')).toHaveLength(1);
    expect(program.records('worker 0 finished with status 0')).toHaveLength(1);
    await program.allGone();
  });

  it('gets QUIT on an immediate stop (PARITY: Roles and hooks)', async () => {
    const program = startRecorded('spawn-program', python());
    await program.record('python runs');
    expect(await program.stop('SIGQUIT')).toEqual({ code: 0, signal: null });
    expect(program.records('got SIGQUIT')).toHaveLength(1);
    expect(program.records('got SIGTERM')).toEqual([]);
  });

  it('gets TERM again, then QUIT, then KILL when it ignores TERM (PARITY: Escalation)', async () => {
    const program = startRecorded(
      'spawn-program',
      python(['SIGTERM', 'SIGQUIT'], {
        workerGracefulKillInterval: 0.2,
        workerGracefulKillIntervalIncrement: 0,
        workerGracefulKillTimeout: 0.5,
        workerImmediateKillInterval: 0.2,
        workerImmediateKillIntervalIncrement: 0,
        workerImmediateKillTimeout: 0.3,
      }),
    );
    await program.record('python runs');
    expect(await program.stop()).toEqual({ code: 0, signal: null });
    const got = program.records('got SIG').map(({ message }) => /got (\w+)/.exec(message)?.[1]);
    expect(got).toEqual(['SIGTERM', 'SIGTERM', 'SIGTERM', 'SIGQUIT', 'SIGQUIT']);
    expect(
      program.records({ message: 'worker 0 finished with signal SIGKILL', reason: 'graceful_timeout' }),
    ).toHaveLength(1);
    await program.allGone();
  });

  it('is replaced under the same id when it dies (PARITY: Keeping workers alive)', async () => {
    const program = startRecorded('spawn-program', python());
    await program.record('python runs');
    const since = program.now;
    process.kill(program.workerPid(0), 'SIGKILL');
    await program.record('worker 0 finished unexpectedly with signal SIGKILL', { since });
    await program.record('python runs', { since });
    await program.stop();
  });

  it('is not told of a reload unless workerReloadSignal is set (PARITY: Roles and hooks)', async () => {
    const deaf = startRecorded('spawn-program', python());
    const told = startRecorded('spawn-program', python([], { workerReloadSignal: 'hup' }));
    for (const program of [deaf, told]) {
      await program.record('python runs');
      program.signal('SIGUSR2');
    }
    await told.record('got SIGHUP');
    await deaf.record('command reload');
    await deaf.stop();
    await told.stop();
    expect(deaf.output).not.toContain('got SIGHUP');
  });

  it('does not start with an unknown workerReloadSignal, and the error names it', async () => {
    const program = startRecorded('spawn-program', python([], { workerReloadSignal: 'HOP' }));
    expect((await program.exited).code).toBe(1);
    expect(program.output).toContain('workerReloadSignal must be the name of a signal');
    expect(program.output).toContain("'HOP'");
  });

  it('logs a program that is not found, and is retried with growing delays', async () => {
    const program = startRecorded('spawn-program', {
      config: { command: 'no-such-program', startRetry: true, restartBackoffMin: 0.2 },
    });
    const tries = await program.recordsOf(4, 'worker 0 could not be started');
    expect(program.output).toContain("Program.spawn: the program 'no-such-program' was not found.");
    const [first = 0, second = 0, third = 0, fourth = 0] = tries.map(({ time }) => time);
    expect(second).toBeGreaterThanOrEqual(first);
    expect(third - second).toBeGreaterThan(150);
    expect(fourth - third).toBeGreaterThan(300);
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });

  it('names a missing working directory instead of the program', async () => {
    const program = startRecorded('spawn-program', python([], { options: { cwd: '/no/such/place' } }));
    await program.record('worker 0 could not be started');
    await program.waitForLine("the working directory '/no/such/place' of 'python3' does not exist");
    await program.stop();
  });

  it.each([
    ['nothing returned', 'started 1 and returned nothing'],
    ['another object', 'started 1 and returned something else'],
    ['two programs', 'started 2 and returned something else'],
    ['throws', 'spawn is broken'],
  ])(
    'gets a clear error when spawn() is wrong (%s), and leaves no program behind',
    async (fault, message) => {
      const program = startRecorded('spawn-program', python([], { fault }));
      await program.record('worker 0 could not be started');
      await program.waitForLine(message);
      await program.stop();
      await program.allGone();
    },
  );

  it('keeps the stdio that its options name', async () => {
    const program = startRecorded(
      'spawn-program',
      python([], { options: { stdio: ['ignore', 'inherit', 'ignore'] } }),
    );
    // To the server's own stdout, past the log.
    expect(await program.waitForLine('python runs')).toBe('python runs, NAME=none');
    await program.stop();
    expect(program.output).not.toContain('a complaint');
  });

  it('does not start when its class has no spawn() (PARITY: Roles and hooks)', async () => {
    const program = startRecorded('hooks', { config: { workerType: 'spawn' } });
    expect((await program.exited).code).toBe(1);
    expect(program.output).toContain('HookWorker has no spawn().');
  });
});

describe('a spawn worker with commandSender pipe', () => {
  const piped = (args: readonly string[], config: Readonly<Record<string, unknown>> = {}) =>
    python(['read', ...args], { commandSender: 'pipe', ...config });

  it.each([
    ['SIGTERM', 'GRACEFUL_STOP'],
    ['SIGQUIT', 'IMMEDIATE_STOP'],
  ] as const)(
    'gets a stop as a line on stdin: %s of the server is %s (PARITY: Commands)',
    async (signal, line) => {
      const program = startRecorded('spawn-program', piped([]));
      await program.record('python runs');
      expect(await program.stop(signal)).toEqual({ code: 0, signal: null });
      expect(program.records(`read ${line}`)).toHaveLength(1);
      expect(program.records('got SIG')).toEqual([]);
    },
  );

  it('gets restarts and reloads as lines (PARITY: Commands)', async () => {
    const program = startRecorded('spawn-program', piped([]));
    await program.record('python runs');
    program.signal('SIGUSR2');
    await program.record('read RELOAD');
    let since = program.now;
    program.signal('SIGUSR1');
    await program.record('read GRACEFUL_RESTART', { since });
    await program.record('python runs', { since });
    since = program.now;
    program.signal('SIGHUP');
    await program.record('read IMMEDIATE_RESTART', { since });
    await program.record('python runs', { since });
    await program.stop();
  });

  it('is killed by a signal when it does not obey (PARITY: Escalation)', async () => {
    const program = startRecorded(
      'spawn-program',
      piped(['deaf'], {
        workerGracefulKillTimeout: 0.2,
        workerImmediateKillInterval: 0.2,
        workerImmediateKillTimeout: 0.2,
      }),
    );
    await program.record('python runs');
    await program.stop();
    const lines = program.records(/read \w+/).map(({ message }) => /read (\w+)/.exec(message)?.[1]);
    expect(lines).toEqual(['GRACEFUL_STOP', 'IMMEDIATE_STOP']);
    expect(program.records('worker 0 finished with signal SIGKILL')).toHaveLength(1);
  });

  it('may close its stdin without an error, and is then stopped by signal (PARITY: Commands)', async () => {
    const program = startRecorded('spawn-program', python(['close'], { commandSender: 'pipe' }));
    await program.record('a complaint');
    // It closes its stdin only after that line.
    const stdin = `/proc/${String(program.workerPid(0))}/fd/0`;
    await eventually(() => !existsSync(stdin), 'it has closed its stdin');
    expect(await program.stop()).toEqual({ code: 0, signal: null });
    expect(program.records('got SIGTERM')).toHaveLength(1);
    expect(program.output).not.toContain('EPIPE');
  });

  it('may not use stdin for something else', async () => {
    const program = startRecorded(
      'spawn-program',
      piped([], { options: { stdio: ['ignore', 'pipe', 'pipe'] } }),
    );
    await program.waitForLine("with commandSender 'pipe' the stdin of 'python3' carries the commands");
    await program.stop();
  });
});
