import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { numberIn, timeOf } from '../support/log-lines';
import { start, type StartOptions } from '../support/program';

const WORKER = join(__dirname, '../fixtures/spawn-worker.py');

function python(args: readonly string[] = [], config: Readonly<Record<string, unknown>> = {}): StartOptions {
  return { config: { command: 'python3', args: [WORKER, ...args], ...config } };
}

describe('a spawn worker', () => {
  it('has all its hooks in the server process, in order (PARITY: Roles and hooks)', async () => {
    const program = start('spawn-program', python());
    await program.waitForLine('python runs');
    expect(await program.stop()).toEqual({ code: 0, signal: null });
    const hooks = program.matching(/hook \w+/);
    expect(hooks.map((line) => /hook (\w+)/.exec(line)?.[1])).toEqual(['beforeFork', 'spawn', 'afterStart']);
    for (const line of hooks) expect(numberIn(line, 'in')).toBe(program.pid);
  });

  it('has its output in the log, a record a line, under its id and pid', async () => {
    const program = start('spawn-program', python([], { workers: 2 }));
    await program.waitForLines(2, 'python runs');
    await program.waitForLines(2, 'a complaint');
    for (const [id, pid] of program.workers()) {
      const origin = `worker=${String(id)} pid=${String(pid)}`;
      expect(program.matching(`[info] ${origin}: python runs, NAME=none`)).toHaveLength(1);
      expect(program.matching(`[warn] ${origin}: a complaint`)).toHaveLength(1);
    }
    await program.stop();
  });

  it('gets the environment argument on top of that of the server', async () => {
    const program = start('spawn-program', python([], { env: { NAME: 'from spawn' } }));
    await program.waitForLine('NAME=from spawn');
    await program.stop();
  });

  it('is told to stop by TERM', async () => {
    const program = start('spawn-program', python());
    await program.waitForLine('python runs');
    await program.stop();
    expect(program.output).toContain('got SIGTERM');
    expect(program.matching(/worker 0 finished with status 0/)).toHaveLength(1);
    await program.allGone();
  });

  it('is told to stop at once by QUIT (PARITY: Roles and hooks)', async () => {
    const program = start('spawn-program', python());
    await program.waitForLine('python runs');
    expect(await program.stop('SIGQUIT')).toEqual({ code: 0, signal: null });
    expect(program.output).toContain('got SIGQUIT');
    expect(program.output).not.toContain('got SIGTERM');
  });

  it('that ignores TERM gets it again, then QUIT, then KILL (PARITY: Escalation)', async () => {
    const program = start(
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
    await program.waitForLine('python runs');
    expect(await program.stop()).toEqual({ code: 0, signal: null });
    const got = program.matching(/got SIG/).map((line) => /got (\w+)/.exec(line)?.[1]);
    expect(got).toEqual(['SIGTERM', 'SIGTERM', 'SIGTERM', 'SIGQUIT', 'SIGQUIT']);
    expect(program.matching(/worker 0 finished with signal SIGKILL .*reason=graceful_timeout/)).toHaveLength(
      1,
    );
    await program.allGone();
  });

  it('that dies is replaced by one of the same id (PARITY: Keeping workers alive)', async () => {
    const program = start('spawn-program', python());
    await program.waitForLine('python runs');
    const since = program.now;
    process.kill(program.workerPid(0), 'SIGKILL');
    await program.waitForLine('worker 0 finished unexpectedly with signal SIGKILL', { since });
    await program.waitForLine('python runs', { since });
    await program.stop();
  });

  it('hears nothing of a reload unless workerReloadSignal is set (PARITY: Roles and hooks)', async () => {
    const deaf = start('spawn-program', python());
    const told = start('spawn-program', python([], { workerReloadSignal: 'hup' }));
    for (const program of [deaf, told]) {
      await program.waitForLine('python runs');
      program.signal('SIGUSR2');
    }
    await told.waitForLine('got SIGHUP');
    await deaf.waitForLine(/command reload/);
    await deaf.stop();
    await told.stop();
    expect(deaf.output).not.toContain('got SIGHUP');
  });

  it('with an unknown workerReloadSignal does not start, and the error names it', async () => {
    const program = start('spawn-program', python([], { workerReloadSignal: 'HOP' }));
    expect((await program.exited).code).toBe(1);
    expect(program.output).toContain('workerReloadSignal must be the name of a signal');
    expect(program.output).toContain("'HOP'");
  });

  it('whose program is not found says so, and is tried again with growing delays', async () => {
    const program = start('spawn-program', {
      config: { command: 'no-such-program', startRetry: true, restartBackoffMin: 0.2 },
    });
    const tries = await program.waitForLines(4, 'worker 0 could not be started');
    expect(program.output).toContain("Program.spawn: the program 'no-such-program' was not found.");
    const [first = 0, second = 0, third = 0, fourth = 0] = tries.map(timeOf);
    expect(second).toBeGreaterThanOrEqual(first);
    expect(third - second).toBeGreaterThan(150);
    expect(fourth - third).toBeGreaterThan(300);
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });

  it('whose working directory is missing says that, not that the program is', async () => {
    const program = start('spawn-program', python([], { options: { cwd: '/no/such/place' } }));
    await program.waitForLine('worker 0 could not be started');
    await program.waitForLine("the working directory '/no/such/place' of 'python3' does not exist");
    await program.stop();
  });

  it.each([
    ['nothing returned', 'started 1 and returned nothing'],
    ['another object', 'started 1 and returned something else'],
    ['two programs', 'started 2 and returned something else'],
    ['throws', 'spawn is broken'],
  ])(
    'whose spawn() is wrong (%s) gets a clear error, and leaves no program behind',
    async (fault, message) => {
      const program = start('spawn-program', python([], { fault }));
      await program.waitForLine('worker 0 could not be started');
      await program.waitForLine(message);
      await program.stop();
      await program.allGone();
    },
  );

  it('keeps the stdio that its options name', async () => {
    const program = start(
      'spawn-program',
      python([], { options: { stdio: ['ignore', 'inherit', 'ignore'] } }),
    );
    expect(await program.waitForLine('python runs')).toBe('python runs, NAME=none');
    await program.stop();
    expect(program.output).not.toContain('a complaint');
  });

  it('whose class has no spawn() does not start (PARITY: Roles and hooks)', async () => {
    const program = start('hooks', { config: { workerType: 'spawn' } });
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
    'gets its stop as a line on stdin: %s of the server is %s (PARITY: Commands)',
    async (signal, line) => {
      const program = start('spawn-program', piped([]));
      await program.waitForLine('python runs');
      expect(await program.stop(signal)).toEqual({ code: 0, signal: null });
      expect(program.output).toContain(`read ${line}`);
      expect(program.output).not.toContain('got SIG');
    },
  );

  it('gets restarts and reloads as lines too (PARITY: Commands)', async () => {
    const program = start('spawn-program', piped([]));
    await program.waitForLine('python runs');
    program.signal('SIGUSR2');
    await program.waitForLine('read RELOAD');
    let since = program.now;
    program.signal('SIGUSR1');
    await program.waitForLine('read GRACEFUL_RESTART', { since });
    await program.waitForLine('python runs', { since });
    since = program.now;
    program.signal('SIGHUP');
    await program.waitForLine('read IMMEDIATE_RESTART', { since });
    await program.waitForLine('python runs', { since });
    await program.stop();
  });

  it('is killed by a signal in the end when it does not obey (PARITY: Escalation)', async () => {
    const program = start(
      'spawn-program',
      piped(['deaf'], {
        workerGracefulKillTimeout: 0.2,
        workerImmediateKillInterval: 0.2,
        workerImmediateKillTimeout: 0.2,
      }),
    );
    await program.waitForLine('python runs');
    await program.stop();
    const lines = program.matching(/read \w+/).map((line) => /read (\w+)/.exec(line)?.[1]);
    expect(lines).toEqual(['GRACEFUL_STOP', 'IMMEDIATE_STOP']);
    expect(program.matching(/worker 0 finished with signal SIGKILL/)).toHaveLength(1);
  });

  it('that has closed its stdin is no error, and hears of the stop by signal (PARITY: Commands)', async () => {
    const program = start('spawn-program', python(['close'], { commandSender: 'pipe' }));
    await program.waitForLine('a complaint');
    // It closes its stdin only after that line.
    await sleep(200);
    expect(await program.stop()).toEqual({ code: 0, signal: null });
    expect(program.output).toContain('got SIGTERM');
    expect(program.output).not.toContain('EPIPE');
  });

  it('may not put something else on stdin', async () => {
    const program = start('spawn-program', piped([], { options: { stdio: ['ignore', 'pipe', 'pipe'] } }));
    await program.waitForLine("with commandSender 'pipe' the stdin of 'python3' carries the commands");
    await program.stop();
  });
});
