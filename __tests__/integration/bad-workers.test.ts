import { join } from 'node:path';
import { takenPort } from '../support/clients';
import type { LogRecord } from '../support/log-records';
import { startRecorded } from '../support/recorded-program';
import { tempDir } from '../support/temp-dir';

const FAST_BACKOFF = { startRetry: true, restartBackoffMin: '200ms', restartBackoffMax: '400ms' };

const died = (status: number) =>
  ({ level: 'error', message: `worker 0 finished unexpectedly with status ${String(status)}` }) as const;

/** The stack of the error in a record. */
function stackOf({ fields }: LogRecord): string {
  return (fields['error'] as { readonly stack: string }).stack;
}

function once(): string {
  return join(tempDir(), 'once');
}

describe('a faulty worker', () => {
  it('ends with status 1 and is restarted at once, then with a delay, when run() throws', async () => {
    const program = startRecorded('misdeeds', { config: { misdeed: 'throw', ...FAST_BACKOFF } });
    const starts = await program.recordsOf(3, 'worker 0 started');
    const deaths = program.records({
      level: 'error',
      message: 'worker 0 finished unexpectedly with status 1',
    });
    const failed = program.records({
      level: 'error',
      worker: 0,
      message: 'run() failed; the worker ends with status 1',
    });
    expect(failed.length).toBeGreaterThanOrEqual(2);
    expect(stackOf(failed[0]!)).toMatch(/^Error: run is broken\n +at .*misdeeds\.js:\d+/);
    const delayed = program.records('worker 0 will be restarted after a delay');
    // Without the first restart.
    const all = program.records();
    expect(all.indexOf(delayed[0]!)).toBeGreaterThan(all.indexOf(starts[1]!));
    expect(starts[1]!.time).toBeGreaterThanOrEqual(deaths[0]!.time);
    expect(delayed[0]!.fields['delayMs']).toBeGreaterThanOrEqual(150);
    expect(starts[2]!.time - deaths[1]!.time).toBeGreaterThanOrEqual(150);
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });

  it('is restarted with a delay and without an error when run() returns at once (PARITY: Roles and hooks)', async () => {
    const program = startRecorded('misdeeds', { config: { misdeed: 'return', ...FAST_BACKOFF } });
    const deaths = await program.recordsOf(2, 'worker 0 finished');
    for (const { level, message } of deaths) {
      expect(level).toBe('info');
      expect(message).toContain('finished unexpectedly with status 0');
    }
    await program.record('worker 0 will be restarted after a delay');
    const hint = { level: 'info', worker: 0, message: 'end run() with: await this.untilStop()' } as const;
    expect(program.records(hint).length).toBeGreaterThan(0);
  });

  it('gets an error that names the wrong process when it calls an engine command', async () => {
    const program = startRecorded('misdeeds', { config: { misdeed: 'command the engine', once: once() } });
    await program.record('behaving');
    expect(program.output).toContain(
      'engine.scale() works only in the main process, and this is a worker. Send the signal',
    );
  });

  it('has the peer of each connection logged that it leaves open at its stop', async () => {
    const port = await takenPort();
    const config = { misdeed: 'keep a connection', port, workerGracefulKillTimeout: 3 };
    const program = startRecorded('misdeeds', { config });
    await program.record('connected');
    program.signal('SIGTERM');
    const linger = await program.record('its event loop still has work: close it in afterDrain()');
    // Without the engine's own pipes.
    expect(linger.fields['open']).toBe('TCPSocketWrap×1');
    expect(String(linger.fields['connections'])).toMatch(
      new RegExp(`^127\\.0\\.0\\.1:\\d+ with 127\\.0\\.0\\.1:${String(port)}`),
    );
    program.signal('SIGQUIT');
    await program.exited;
  });

  it.each([
    ['reject', 'unhandled rejection', 'nobody caught me'],
    ['uncaught', 'uncaught exception', 'thrown from nowhere'],
  ])('ends with status 1 and one log record after an uncaught error (%s)', async (misdeed, what, message) => {
    const program = startRecorded('misdeeds', { config: { misdeed, once: once() } });
    await program.record('behaving');
    const records = program.records({ level: 'error', worker: 0 });
    expect(records).toHaveLength(1);
    expect(records[0]!.message).toContain(`${what}; the worker ends with status 1`);
    expect(stackOf(records[0]!)).toMatch(new RegExp(`^Error: ${message}\\n`));
    expect(program.records(died(1))).toHaveLength(1);
  });

  it('is restarted after process.exit(), and the log has the status', async () => {
    const program = startRecorded('misdeeds', { config: { misdeed: 'exit', status: 3, once: once() } });
    await program.record('behaving');
    expect(program.records(died(3))).toHaveLength(1);
  });
});

describe('a worker whose constructor throws', () => {
  it('ends with status 1, logs its stack, and is restarted', async () => {
    const program = startRecorded('misdeeds', { config: { misdeed: 'construct', once: once() } });
    await program.record('behaving');
    const [failed] = program.records({
      level: 'error',
      worker: 0,
      message: 'the worker object could not be created',
    });
    expect(stackOf(failed!)).toMatch(/^Error: construction is broken\n/);
    expect(program.records(died(1))).toHaveLength(1);
  });

  it('is restarted with backoff when it has hooks, which make the parent construct one too', async () => {
    const config = { workerType: 'process', fail: ['constructor'], ...FAST_BACKOFF };
    const program = startRecorded('hooks', { config });
    const failed = { level: 'error', role: 'server', message: 'worker 0 could not be started' } as const;
    const [first] = await program.recordsOf(3, failed);
    expect(stackOf(first!)).toMatch(/^Error: constructor is broken\n/);
    expect(program.records('worker 0 will be restarted after a delay').length).toBeGreaterThan(0);
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('a worker with a hook that throws', () => {
  const config = { workerType: 'process', fail: ['stop', 'reload', 'afterStart'] };

  it('survives a throw in reload() or afterStart(), finishes its stop, and logs each throw', async () => {
    const program = startRecorded('hooks', { config });
    await program.waitForWorkers(1);
    program.signal('SIGUSR2');
    const failed = (hook: string) => ({ level: 'error', worker: 0, message: `${hook}() failed` }) as const;
    expect(stackOf(await program.record(failed('reload')))).toMatch(/^Error: reload is broken/);
    expect(await program.stop()).toEqual({ code: 0, signal: null });
    expect(stackOf(program.records(failed('stop'))[0]!)).toMatch(/^Error: stop is broken/);
    const inServer = { level: 'error', role: 'server', message: 'afterStart() failed' } as const;
    expect(program.records(inServer)).toHaveLength(1);
    expect(program.records({ message: 'worker 0 finished with status 0', reason: 'stop' })).toHaveLength(1);
    expect(program.records('worker 0 started')).toHaveLength(1);
  });

  it('is started again after beforeFork() threw', async () => {
    const program = startRecorded('hooks', {
      config: { workerType: 'process', fail: ['beforeFork'], ...FAST_BACKOFF },
    });
    await program.recordsOf(2, { level: 'error', message: 'worker 0 could not be started' });
    expect(program.records('hook afterStart').length).toBeGreaterThan(0);
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

  it('gets TERM repeatedly, then QUIT, then KILL (PARITY: Escalation)', async () => {
    const config = { misdeed: 'never stop', ignoreQuit: true, ...TIMINGS };
    const program = startRecorded('misdeeds', { config });
    await program.record('stuck');
    expect(await program.stop()).toEqual({ code: 0, signal: null });
    const sent = program.records('stopping worker 0').map(({ fields }) => fields);
    const signals = sent.map(({ signal }) => signal);
    expect(signals.join(' ')).toMatch(/^SIGTERM SIGTERM (SIGTERM )+SIGQUIT (SIGQUIT )+SIGKILL$/);
    for (const { signal, reason } of sent) {
      expect(reason).toBe(signal === 'SIGTERM' ? 'stop' : 'graceful_timeout');
    }
    const death = { message: 'worker 0 finished with signal SIGKILL', reason: 'graceful_timeout' };
    expect(program.records({ ...death, level: 'error' })).toHaveLength(1);
  });

  it('ends by QUIT when it does not catch QUIT', async () => {
    const program = startRecorded('misdeeds', { config: { misdeed: 'never stop', ...TIMINGS } });
    await program.record('stuck');
    expect(await program.stop()).toEqual({ code: 0, signal: null });
    const death = { message: 'worker 0 finished with signal SIGQUIT', reason: 'graceful_timeout' };
    expect(program.records(death)).toHaveLength(1);
  });
});
