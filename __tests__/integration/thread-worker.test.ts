import { join } from 'node:path';
import { ask, askUdp, differentAnswers } from '../support/clients';
import { eventually } from '../support/eventually';
import { processLine } from '../support/processes';
import { startRecorded } from '../support/recorded-program';
import { tempDir } from '../support/temp-dir';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const hasReusePort = major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);

describe('a thread worker', () => {
  it('runs its start hooks in the server and the others in the thread, in order (PARITY: Roles and hooks)', async () => {
    const program = startRecorded('thread-hooks');
    await program.waitForWorkers(1);
    await program.record('complained in run');
    const end = await program.stop();
    expect(end).toEqual({ code: 0, signal: null });
    const hooks = program.records().flatMap(({ message }) => /hook (\w+ in \w+)/.exec(message)?.[1] ?? []);
    expect(hooks.filter((hook) => hook !== 'afterStart in server')).toEqual([
      'beforeFork in server',
      'run in thread',
      'stop in thread',
    ]);
    expect(hooks).toContain('afterStart in server');
    const run = await program.record('hook run in thread');
    expect(run.fields['in']).toBe(program.pid);
    expect(program.output).toContain('run has ended');
    expect(program.records({ level: 'info', message: 'worker 0 finished with status 0' })).toHaveLength(1);
  });

  it('has the log, the console and the environment of the server, and its own arguments', async () => {
    const program = startRecorded('thread-hooks', { args: ['--some', 'argument'] });
    const printed = await program.record('printed in run');
    expect(printed).toMatchObject({ level: 'info', worker: 0, pid: program.pid });
    expect(await program.record('complained in run')).toMatchObject({ level: 'warn', worker: 0 });
    expect(program.records('entry in thread with --some argument')).toHaveLength(1);
    expect((await program.record('several')).message).toMatch(/\n\s*lines/);
    await program.stop();
  });

  it('reads the shared properties and methods of the server, and gets an error for the others', async () => {
    const program = startRecorded('thread-hooks');
    const sees = await program.record('sees');
    expect(sees.fields).toMatchObject({ answer: 42, double: 84, env: 'yes' });
    await program.record('refused ERR_NOT_SHARED');
    await program.stop();
  });

  it('gets the new config on reload, and follows the log level (PARITY: Config and log)', async () => {
    const program = startRecorded('thread-hooks', {
      config: { greeting: 'hello', logLevel: 'info', workers: 2 },
    });
    await program.recordsOf(2, 'complained in run');
    program.setConfig({ greeting: 'good bye', logLevel: 'debug', workers: 2 });
    program.signal('SIGUSR2');
    const reloads = await program.recordsOf(2, 'hook reload in thread');
    for (const record of reloads) expect(JSON.stringify(record)).toContain('good bye');
    await program.recordsOf(2, 'a line for debuggers');
    await program.stop();
  });

  it('writes a dump when the server gets the command', async () => {
    const program = startRecorded('thread-hooks', { config: { sigdumpDir: tempDir() } });
    await program.waitForWorkers(1);
    program.signal('SIGCONT');
    await program.record('hook dump in thread');
    await program.stop();
  });

  it('is replaced under the same id by a graceful restart', async () => {
    const program = startRecorded('thread-hooks', { config: { workers: 2 } });
    await program.waitForWorkers(2);
    const since = program.now;
    program.signal('SIGUSR1');
    await program.waitForWorkers(2, { since });
    expect(program.records('hook stop in thread', { since })).toHaveLength(2);
    await program.stop();
  });

  it('is terminated when a graceful stop exceeds its timeout', async () => {
    const program = startRecorded('thread-misdeeds', {
      config: { misdeed: 'never stop', workerGracefulKillTimeout: 0.3 },
    });
    await program.record('about to never stop');
    const end = await program.stop();
    expect(end).toEqual({ code: 0, signal: null });
    expect(program.output).toContain('stop was called');
    expect(
      program.records({ message: 'worker 0 finished with status 1', reason: 'graceful_timeout' }),
    ).toHaveLength(1);
  });

  it('is terminated at once by an immediate stop, without stop()', async () => {
    const program = startRecorded('thread-misdeeds', { config: { misdeed: 'never stop' } });
    await program.record('about to never stop');
    const end = await program.stop('SIGQUIT');
    expect(end).toEqual({ code: 0, signal: null });
    expect(program.output).not.toContain('stop was called');
  });

  it('is terminated by an immediate stop even when its event loop is blocked', async () => {
    const program = startRecorded('thread-misdeeds', { config: { misdeed: 'block' } });
    await program.record('about to block');
    expect(await program.stop('SIGQUIT')).toEqual({ code: 0, signal: null });
  });

  it('is replaced when its event loop is blocked past the heartbeat timeout (PARITY: Keeping workers alive)', async () => {
    const program = startRecorded('thread-misdeeds', {
      config: {
        misdeed: 'block',
        once: join(tempDir(), 'once'),
        workerHeartbeatInterval: 0.1,
        workerHeartbeatTimeout: 2,
      },
    });
    await program.record('about to block');
    await program.record('worker 0 heartbeat timed out, stopping it immediately');
    await program.record({
      level: 'error',
      message: 'worker 0 finished with status 1',
      reason: 'heartbeat_timeout',
    });
    await program.record('behaving');
    await program.stop();
  });

  it.each([
    ['throw', /run\(\) failed.*status 1/, 'run is broken'],
    ['uncaught', /uncaught exception; the worker ends with status 1/, 'thrown from nowhere'],
    ['reject', /unhandled rejection; the worker ends with status 1/, 'nobody caught me'],
    ['load', /worker 0 failed/, 'loading is broken'],
  ])(
    'leaves a record with its stack, ends with status 1 and is replaced after a failure by %s (PARITY: Roles and hooks)',
    async (misdeed, record, message) => {
      const program = startRecorded('thread-misdeeds', {
        config: { misdeed, once: join(tempDir(), 'once') },
      });
      const failed = await program.record(record);
      expect(failed.level).toBe('error');
      expect(JSON.stringify(failed)).toContain(message);
      await program.record({ level: 'error', message: 'worker 0 finished unexpectedly with status 1' });
      await program.record('behaving');
      expect(await program.stop()).toEqual({ code: 0, signal: null });
    },
  );

  it('is replaced when it fills its memory, and the server lives on', async () => {
    const program = startRecorded('thread-misdeeds', {
      config: { misdeed: 'memory', once: join(tempDir(), 'once') },
      env: { NODE_OPTIONS: '--max-old-space-size=64' },
    });
    await program.record('behaving');
    expect(program.output).toContain('its JavaScript heap was full');
    await program.stop();
  });

  it('has all 100 lines logged that it writes before process.exit(), and its status counts', async () => {
    const program = startRecorded('thread-misdeeds', {
      config: {
        misdeed: 'lines',
        status: 7,
        workers: 2,
        unrecoverableExitCodes: [7],
        exitWithWorkerStatus: true,
      },
    });
    expect(await program.exited).toEqual({ code: 7, signal: null });
    for (let i = 0; i < 100; i += 1) expect(program.records(`line ${String(i)}.`)).toHaveLength(2);
    expect(program.records('an unfinished line')).toHaveLength(2);
  });

  it('is left behind after the immediate timeout when it is stuck in a system call', async () => {
    const program = startRecorded('thread-misdeeds', {
      config: { misdeed: 'stuck', once: join(tempDir(), 'once'), workerImmediateKillTimeout: 0.2 },
    });
    await program.record('about to stuck');
    // The thread writes the line before the call in which it gets stuck.
    await eventually(
      () => program.livePids().some((pid) => processLine(pid, 'status', 'Name') === 'sleep'),
      'its child process is there',
    );
    const since = program.now;
    program.signal('SIGHUP');
    await program.record('is stuck in a system call and cannot be ended; it is left behind', { since });
    await program.record('behaving', { since });
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('a shared socket in thread workers', () => {
  const withReusePort = hasReusePort ? it : it.skip;
  const withoutReusePort = hasReusePort ? it.skip : it;

  withReusePort.each(['127.0.0.1', '::1', 'any'])(
    'of listenTcp on %s is accepted from by every thread',
    async (host) => {
      const program = startRecorded('thread-sockets', { config: { host, workers: 2 } });
      await program.recordsOf(2, 'serving');
      const port = await program.port();
      if (host !== '::1') expect(await differentAnswers(2, () => ask(port))).toEqual(new Set(['0', '1']));
      expect(program.problems()).toEqual([]);
      await program.stop();
    },
  );

  withReusePort('of listenUdp is read by every thread', async () => {
    const program = startRecorded('thread-sockets', { config: { use: 'udp', workers: 2 } });
    await program.recordsOf(2, 'serving');
    const port = await program.port();
    expect(await differentAnswers(2, () => askUdp(port))).toEqual(new Set(['0', '1']));
    await program.stop();
  });

  withoutReusePort.each(['tcp', 'udp'])(
    'needs a newer Node: reading %s throws, with the cure',
    async (use) => {
      const program = startRecorded('thread-sockets', { config: { use } });
      await program.record('run() failed');
      await program.waitForLine(
        "Use Node 22.12 or newer on Linux, or process workers: workerType 'process'.",
      );
      await program.stop();
    },
  );

  it('of listenUnix is unsupported: reading it throws an error with the cure', async () => {
    const path = join(tempDir(), 'sock');
    const program = startRecorded('thread-sockets', { config: { use: 'unix', path } });
    const { fields } = await program.record('run() failed');
    expect(JSON.stringify(fields['error'])).toContain('threads cannot share one');
    await program.stop();
  });

  it('does no harm when it is never read', async () => {
    const program = startRecorded('thread-sockets', { config: { use: 'none' } });
    await program.record('serving');
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });
});
