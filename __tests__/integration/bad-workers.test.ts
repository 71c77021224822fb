import { join } from 'node:path';
import { takenPort } from '../support/clients';
import { numberIn, timeOf } from '../support/log-lines';
import { start } from '../support/program';
import { tempDir } from '../support/temp-dir';

const FAST_BACKOFF = { startRetry: true, restartBackoffMin: '200ms', restartBackoffMax: '400ms' };

function once(): string {
  return join(tempDir(), 'once');
}

describe('a worker whose run()', () => {
  it('throws ends with status 1 and its stack in the log, and is restarted: at once, then with a delay', async () => {
    const program = start('misdeeds', { config: { misdeed: 'throw', ...FAST_BACKOFF } });
    const starts = await program.waitForLines(3, /worker 0 started/);
    const deaths = program.matching(/\[error\] .*worker 0 finished unexpectedly with status 1/);
    const failed = program.matching(
      /\[error\] worker=0 pid=\d+: run\(\) failed, the worker ends with status 1/,
    );
    expect(failed.length).toBeGreaterThanOrEqual(2);
    const next = program.lines.indexOf(failed[0]!) + 1;
    expect(program.lines[next]).toBe('    Error: run is broken');
    expect(program.lines[next + 1]).toMatch(/^ {8}at .*misdeeds\.js:\d+/);
    const delayed = program.matching('worker 0 will be restarted after a delay');
    // The first restart is not among them.
    expect(program.lines.indexOf(delayed[0]!)).toBeGreaterThan(program.lines.indexOf(starts[1]!));
    expect(timeOf(starts[1]!)).toBeGreaterThanOrEqual(timeOf(deaths[0]!));
    expect(numberIn(delayed[0]!, 'delayMs')).toBeGreaterThanOrEqual(150);
    expect(timeOf(starts[2]!) - timeOf(deaths[1]!)).toBeGreaterThanOrEqual(150);
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });

  it('returns at once is restarted with a delay too, and its end is no error (PARITY: Roles and hooks)', async () => {
    const program = start('misdeeds', { config: { misdeed: 'return', ...FAST_BACKOFF } });
    const deaths = await program.waitForLines(2, /worker 0 finished/);
    for (const line of deaths) expect(line).toMatch(/\[info\] .* finished unexpectedly with status 0/);
    await program.waitForLine('worker 0 will be restarted after a delay');
    expect(program.output).toMatch(/\[info\] worker=0 .*end run\(\) with: await this\.untilStop\(\)/);
  });

  it('commands the engine is told that this is the wrong process, not to run it', async () => {
    const program = start('misdeeds', { config: { misdeed: 'command the engine', once: once() } });
    await program.waitForLine('behaving');
    expect(program.output).toContain(
      'engine.scale() works in the process at the top, and this is a worker. Send the signal',
    );
  });

  it('leaves a connection open at its stop is told with whom', async () => {
    const port = await takenPort();
    const config = { misdeed: 'keep a connection', port, workerGracefulKillTimeout: 3 };
    const program = start('misdeeds', { config });
    await program.waitForLine('connected');
    program.signal('SIGTERM');
    const line = await program.waitForLine('its event loop still has work: close it in afterDrain()');
    expect(line).toContain('TCPSocketWrap×1');
    expect(line).toMatch(
      new RegExp(`connections="?127\\.0\\.0\\.1:\\d+ with 127\\.0\\.0\\.1:${String(port)}`),
    );
    program.signal('SIGQUIT');
    await program.exited;
  });

  it.each([
    ['reject', 'unhandled rejection', 'nobody caught me'],
    ['uncaught', 'uncaught exception', 'thrown from nowhere'],
  ])('leaves an error uncaught (%s) ends with status 1 and one record', async (misdeed, what, message) => {
    const program = start('misdeeds', { config: { misdeed, once: once() } });
    await program.waitForLine('behaving');
    const records = program.matching(`[error] worker=0`);
    expect(records).toHaveLength(1);
    expect(records[0]).toContain(`${what}, the worker ends with status 1`);
    expect(program.output).toContain(`\n    Error: ${message}\n`);
    expect(program.output).toMatch(/\[error\] .*worker 0 finished unexpectedly with status 1/);
  });

  it('calls process.exit() is restarted, and the status is in the log', async () => {
    const program = start('misdeeds', { config: { misdeed: 'exit', status: 3, once: once() } });
    await program.waitForLine('behaving');
    expect(program.output).toMatch(/\[error\] .*worker 0 finished unexpectedly with status 3/);
  });
});

describe('a worker whose constructor throws', () => {
  it('ends with status 1 and the stack in the log, and is restarted', async () => {
    const program = start('misdeeds', { config: { misdeed: 'construct', once: once() } });
    await program.waitForLine('behaving');
    expect(program.output).toMatch(/\[error\] worker=0 .*the worker object could not be made/);
    expect(program.output).toContain('\n    Error: construction is broken\n');
    expect(program.output).toMatch(/\[error\] .*worker 0 finished unexpectedly with status 1/);
  });

  it('is tried again with backoff when it has hooks, so that the parent makes one too', async () => {
    const config = { workerType: 'process', fail: ['constructor'], ...FAST_BACKOFF };
    const program = start('hooks', { config });
    await program.waitForLines(3, /\[error\] server .*worker 0 could not be started/);
    expect(program.output).toContain('\n    Error: constructor is broken\n');
    expect(program.output).toContain('worker 0 will be restarted after a delay');
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('a worker with a hook that throws', () => {
  const config = { workerType: 'process', fail: ['stop', 'reload', 'afterStart'] };

  it('lives on after reload() and afterStart(), and its stop goes on; each is logged', async () => {
    const program = start('hooks', { config });
    await program.waitForWorkers(1);
    program.signal('SIGUSR2');
    await program.waitForLine('Error: reload is broken');
    expect(await program.stop()).toEqual({ code: 0, signal: null });
    expect(program.output).toMatch(
      /\[error\] worker=0 pid=\d+: reload\(\) failed\n {4}Error: reload is broken/,
    );
    expect(program.output).toMatch(/\[error\] worker=0 pid=\d+: stop\(\) failed\n {4}Error: stop is broken/);
    expect(program.output).toMatch(/\[error\] server pid=\d+: afterStart\(\) failed/);
    expect(program.output).toMatch(/worker 0 finished with status 0 .*reason=stop/);
    expect(program.matching(/worker 0 started/)).toHaveLength(1);
  });

  it('has its start tried again after beforeFork() threw', async () => {
    const program = start('hooks', {
      config: { workerType: 'process', fail: ['beforeFork'], ...FAST_BACKOFF },
    });
    await program.waitForLines(2, /\[error\] .*worker 0 could not be started/);
    expect(program.matching('hook afterStart').length).toBeGreaterThan(0);
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('a worker that never stops', () => {
  const TIMINGS = {
    workerGracefulKillInterval: '100ms',
    workerGracefulKillIntervalIncrement: '100ms',
    workerGracefulKillTimeout: '500ms',
    workerImmediateKillInterval: '100ms',
    workerImmediateKillIntervalIncrement: 0,
    workerImmediateKillTimeout: '250ms',
  };

  it('gets TERM again and again, then QUIT, then KILL (PARITY: Escalation)', async () => {
    const config = { misdeed: 'never stop', ignoreQuit: true, ...TIMINGS };
    const program = start('misdeeds', { config });
    await program.waitForLine('stuck');
    expect(await program.stop()).toEqual({ code: 0, signal: null });
    const sent = program
      .matching(/stopping worker 0 /)
      .map((line) => /signal=(\w+) reason=(\w+)/.exec(line)!);
    const signals = sent.map(([, signal]) => signal!);
    expect(signals.join(' ')).toMatch(/^SIGTERM SIGTERM (SIGTERM )+SIGQUIT (SIGQUIT )+SIGKILL$/);
    for (const [, signal, reason] of sent) {
      expect(reason).toBe(signal === 'SIGTERM' ? 'stop' : 'graceful_timeout');
    }
    const death = program.matching(/worker 0 finished/)[0];
    expect(death).toMatch(/\[error\] .* finished with signal SIGKILL .*reason=graceful_timeout/);
  });

  it('ends by QUIT when it does not catch that', async () => {
    const program = start('misdeeds', { config: { misdeed: 'never stop', ...TIMINGS } });
    await program.waitForLine('stuck');
    expect(await program.stop()).toEqual({ code: 0, signal: null });
    expect(program.output).toMatch(/worker 0 finished with signal SIGQUIT .*reason=graceful_timeout/);
  });
});
