import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, askUdp, differentAnswers } from '../support/clients';
import { numberIn } from '../support/log-lines';
import { start } from '../support/program';
import { tempDir } from '../support/temp-dir';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const hasReusePort = major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);

describe('a thread worker', () => {
  it('has its hooks in order, before and after start in the server, the others in the thread (PARITY: Roles and hooks)', async () => {
    const program = start('thread-hooks');
    await program.waitForWorkers(1);
    await program.waitForLine('complained in run');
    const end = await program.stop();
    expect(end).toEqual({ code: 0, signal: null });
    const hooks = program.lines.flatMap((line) => /hook (\w+ in \w+)/.exec(line)?.[1] ?? []);
    expect(hooks.filter((hook) => hook !== 'afterStart in server')).toEqual([
      'beforeFork in server',
      'run in thread',
      'stop in thread',
    ]);
    expect(hooks).toContain('afterStart in server');
    const run = await program.waitForLine('hook run in thread');
    expect(numberIn(run, 'in')).toBe(program.pid);
    expect(program.output).toContain('run has ended');
    expect(program.matching(/\[info\] worker 0 finished|: worker 0 finished with status 0/)).toHaveLength(1);
  });

  it('has the log, the console and the environment of the server, and its arguments', async () => {
    const program = start('thread-hooks', { args: ['--some', 'argument'] });
    const printed = await program.waitForLine('printed in run');
    expect(printed).toMatch(/\[info\] worker=0 pid=\d+: printed in run/);
    expect(await program.waitForLine('complained in run')).toMatch(/\[warn\] worker=0 pid=\d+: /);
    expect(program.matching(/entry in thread with --some argument/)).toHaveLength(1);
    const line = program.lines.findIndex((each) => each.includes('several'));
    expect(program.lines[line + 1]).toMatch(/^\s*lines/);
    await program.stop();
  });

  it('sees the shared properties of the server, its methods, and an error for the others', async () => {
    const program = start('thread-hooks');
    const sees = await program.waitForLine('sees');
    expect(sees).toContain('answer=42');
    expect(sees).toContain('double=84');
    expect(sees).toContain('env=yes');
    await program.waitForLine('refused ERR_NOT_SHARED');
    await program.stop();
  });

  it('gets the new config by reload, and follows the log level (PARITY: Config and log)', async () => {
    const program = start('thread-hooks', { config: { greeting: 'hello', logLevel: 'info', workers: 2 } });
    await program.waitForLines(2, 'complained in run');
    program.setConfig({ greeting: 'good bye', logLevel: 'debug', workers: 2 });
    program.signal('SIGUSR2');
    const lines = await program.waitForLines(2, 'hook reload in thread');
    for (const line of lines) expect(line).toContain('good bye');
    await program.waitForLines(2, 'a line for debuggers');
    await program.stop();
  });

  it('dumps when the server is told to', async () => {
    const program = start('thread-hooks', { config: { sigdumpDir: tempDir() } });
    await program.waitForWorkers(1);
    program.signal('SIGCONT');
    await program.waitForLine('hook dump in thread');
    await program.stop();
  });

  it('is replaced by a graceful restart with one of the same id', async () => {
    const program = start('thread-hooks', { config: { workers: 2 } });
    await program.waitForWorkers(2);
    const since = program.now;
    program.signal('SIGUSR1');
    await program.waitForWorkers(2, { since });
    expect(program.matching('hook stop in thread', since)).toHaveLength(2);
    await program.stop();
  });

  it('is stopped gracefully only for as long as the timeout allows, then terminated', async () => {
    const program = start('thread-misdeeds', {
      config: { misdeed: 'never stop', workerGracefulKillTimeout: 0.3 },
    });
    await program.waitForLine('about to never stop');
    const end = await program.stop();
    expect(end).toEqual({ code: 0, signal: null });
    expect(program.output).toContain('stop was called');
    expect(program.matching(/worker 0 finished with status 1 .*reason=graceful_timeout/)).toHaveLength(1);
  });

  it('is terminated at once by an immediate stop, without stop()', async () => {
    const program = start('thread-misdeeds', { config: { misdeed: 'never stop' } });
    await program.waitForLine('about to never stop');
    const end = await program.stop('SIGQUIT');
    expect(end).toEqual({ code: 0, signal: null });
    expect(program.output).not.toContain('stop was called');
  });

  it('is terminated by an immediate stop though its loop is blocked', async () => {
    const program = start('thread-misdeeds', { config: { misdeed: 'block' } });
    await program.waitForLine('about to block');
    expect(await program.stop('SIGQUIT')).toEqual({ code: 0, signal: null });
  });

  it('is replaced when its loop is blocked past the heartbeat timeout (PARITY: Keeping workers alive)', async () => {
    const program = start('thread-misdeeds', {
      config: {
        misdeed: 'block',
        once: join(tempDir(), 'once'),
        workerHeartbeatInterval: 0.1,
        workerHeartbeatTimeout: 1,
      },
    });
    await program.waitForLine('about to block');
    await program.waitForLine('worker 0 heartbeat timed out, stopping it immediately');
    await program.waitForLine(/\[error\].*worker 0 finished with status 1 .*reason=heartbeat_timeout/);
    await program.waitForLine('behaving');
    await program.stop();
  });

  it.each([
    ['throw', /run\(\) failed.*status 1/, 'run is broken'],
    ['uncaught', /uncaught exception, the worker ends with status 1/, 'thrown from nowhere'],
    ['reject', /unhandled rejection, the worker ends with status 1/, 'nobody caught me'],
    ['load', /worker 0 failed/, 'loading is broken'],
  ])(
    'that fails by %s leaves a record with its stack, ends with status 1 and is replaced (PARITY: Roles and hooks)',
    async (misdeed, record, message) => {
      const program = start('thread-misdeeds', { config: { misdeed, once: join(tempDir(), 'once') } });
      expect(await program.waitForLine(record)).toContain('[error]');
      await program.waitForLine(message);
      await program.waitForLine(/\[error\].*worker 0 finished unexpectedly with status 1/);
      await program.waitForLine('behaving');
      expect(await program.stop()).toEqual({ code: 0, signal: null });
    },
  );

  it('that fills its memory is replaced, and the server lives on', async () => {
    const program = start('thread-misdeeds', {
      config: { misdeed: 'memory', once: join(tempDir(), 'once') },
      env: { NODE_OPTIONS: '--max-old-space-size=64' },
    });
    await program.waitForLine('behaving');
    expect(program.output).toContain('ERR_WORKER_OUT_OF_MEMORY');
    await program.stop();
  });

  it('that says 100 lines and then calls process.exit() has them all in the log, and its status counts', async () => {
    const program = start('thread-misdeeds', {
      config: {
        misdeed: 'lines',
        status: 7,
        workers: 2,
        unrecoverableExitCodes: [7],
        exitWithWorkerStatus: true,
      },
    });
    expect(await program.exited).toEqual({ code: 7, signal: null });
    for (let i = 0; i < 100; i += 1) expect(program.matching(`: line ${String(i)}.`)).toHaveLength(2);
    expect(program.matching('an unfinished line')).toHaveLength(2);
  });

  it('that is stuck in a system call is left behind after the immediate timeout', async () => {
    const program = start('thread-misdeeds', {
      config: { misdeed: 'stuck', once: join(tempDir(), 'once'), workerImmediateKillTimeout: 0.2 },
    });
    await program.waitForLine('about to stuck');
    // The line comes before the call in which it is stuck.
    await sleep(300);
    const since = program.now;
    program.signal('SIGHUP');
    await program.waitForLine('is stuck in a system call and cannot be ended, it is left behind', { since });
    await program.waitForLine('behaving', { since });
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('a shared socket in thread workers', () => {
  const withReusePort = hasReusePort ? it : it.skip;
  const withoutReusePort = hasReusePort ? it.skip : it;

  withReusePort.each(['127.0.0.1', '::1', 'any'])(
    'of listenTcp on %s is accepted from by every thread',
    async (host) => {
      const program = start('thread-sockets', { config: { host, workers: 2 } });
      await program.waitForLines(2, 'serving');
      const port = await program.port();
      if (host !== '::1') expect(await differentAnswers(2, () => ask(port))).toEqual(new Set(['0', '1']));
      expect(program.output).not.toContain('[error]');
      await program.stop();
    },
  );

  withReusePort('of listenUdp is read by every thread', async () => {
    const program = start('thread-sockets', { config: { use: 'udp', workers: 2 } });
    await program.waitForLines(2, 'serving');
    const port = await program.port();
    expect(await differentAnswers(2, () => askUdp(port))).toEqual(new Set(['0', '1']));
    await program.stop();
  });

  withoutReusePort.each(['tcp', 'udp'])(
    'needs a newer Node: reading %s throws, with the cure',
    async (use) => {
      const program = start('thread-sockets', { config: { use } });
      await program.waitForLine('run() failed');
      await program.waitForLine(
        "Use Node 22.12 or newer on Linux, or process workers: workerType 'process'.",
      );
      await program.stop();
    },
  );

  it('of listenUnix cannot be had: reading it throws, with the cure', async () => {
    const path = join(tempDir(), 'sock');
    const program = start('thread-sockets', { config: { use: 'unix', path } });
    await program.waitForLine('threads cannot share one');
    await program.stop();
  });

  it('that is not read does no harm', async () => {
    const program = start('thread-sockets', { config: { use: 'none' } });
    await program.waitForLine('serving');
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });
});
