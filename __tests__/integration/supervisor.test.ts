import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ask } from '../support/clients';
import { eventually } from '../support/eventually';
import { isAlive, signalPid } from '../support/processes';
import { startRecorded, type RecordedProgram } from '../support/recorded-program';
import { tempDir } from '../support/temp-dir';

const SUPERVISED = { supervisor: true, workers: 2 };

/** The pids of the server processes, in the order of their start. */
function serverPids(program: RecordedProgram): number[] {
  return program.records(/^server process started/).map(({ fields }) => Number(fields['pid']));
}

async function up(
  config: Record<string, unknown> = {},
): Promise<{ program: RecordedProgram; port: number; serverPid: number }> {
  const program = startRecorded('supervised', { config: { ...SUPERVISED, ...config } });
  await program.waitForWorkers(2);
  return { program, port: await program.port(), serverPid: serverPids(program).at(-1)! };
}

describe('supervisor', () => {
  it('runs the server in its own process with the workers below it, and ends with 0', async () => {
    const { program, port, serverPid } = await up();
    expect(serverPid).not.toBe(program.pid);
    expect(program.workerPids()).toContain(Number(await ask(port)));
    expect(await program.stop()).toEqual({ code: 0, signal: null });
    await program.allGone();
  });

  it('calls each hook once, in the right process (PARITY: Roles and hooks)', async () => {
    const { program, serverPid } = await up();
    await program.record('hook Server.afterStart');
    await program.stop();
    const hooks = program
      .records(/^hook/)
      .map(({ message, fields }) => [message.split(' ')[1], String(fields['by'])]);
    expect(hooks).toEqual(
      expect.arrayContaining([
        ['Server.afterStart', String(program.pid)],
        ['beforeRun', String(serverPid)],
        ['Server.stop', String(serverPid)],
        ['afterRun', String(serverPid)],
      ]),
    );
    expect(hooks).toHaveLength(4);
  });

  it('restarts a killed server on the same port, no sooner than serverRestartWait after the last start (PARITY: Supervisor)', async () => {
    const { program, port, serverPid } = await up({ serverRestartWait: 0.2 });
    const since = program.now;
    signalPid(serverPid, 'SIGKILL');
    await program.record('server process finished unexpectedly with signal SIGKILL', { since });
    await program.waitForWorkers(2, { since });
    expect(serverPids(program)).toHaveLength(2);
    expect(await program.port()).toBe(port);
    await eventually(
      async () => program.workerPids().includes(Number(await ask(port))),
      'a new worker answers',
    );
    expect((await program.stop()).code).toBe(0);
    await program.allGone();
  });

  it('waits serverRestartWait between the starts of a server that dies at once (PARITY: Supervisor)', async () => {
    const program = startRecorded('supervised', {
      config: { ...SUPERVISED, start: 'throw', startRetry: true },
    });
    const [first, , third] = await program.recordsOf(3, /^server process started/);
    expect(third!.time - first!.time).toBeGreaterThanOrEqual(1990);
    await program.stop();
  });

  it('ends at once when the first start of the server fails, and logs the reason', async () => {
    const program = startRecorded('supervised', {
      config: { ...SUPERVISED, start: 'throw', daemonizeErrorExitCode: 9 },
    });
    expect(await program.exited).toEqual({ code: 9, signal: null });
    expect(serverPids(program)).toHaveLength(1);
    const why = { reason: 'beforeRun() failed: no good day to start', message: 'the server did not come up' };
    expect(program.records({ ...why, level: 'fatal', role: 'supervisor' })).toHaveLength(1);
  });

  it('ends with 75 when the server fails more often than maxRestarts (PARITY: Supervisor)', async () => {
    const program = startRecorded('supervised', {
      config: { ...SUPERVISED, start: 'throw', startRetry: true, maxRestarts: 2, serverRestartWait: 0.05 },
    });
    expect(await program.exited).toEqual({ code: 75, signal: null });
    expect(program.records('beforeRun() failed').length).toBeGreaterThanOrEqual(3);
  });

  it('passes on reload and restart to the server, which calls its own methods (PARITY: Supervisor)', async () => {
    const { program } = await up();
    program.setConfig({ ...SUPERVISED, workers: 3 });
    program.signal('SIGUSR2');
    await program.record('hook Server.reload');
    await program.waitForWorkers(3);
    const since = program.now;
    program.signal('SIGUSR1');
    await program.record('hook Server.restart', { since });
    await program.waitForWorkers(3, { since });
    expect(serverPids(program)).toHaveLength(1);
    await program.stop();
  });

  it('replaces the server process on USR1 with restartServerProcess (PARITY: Supervisor)', async () => {
    const { program, serverPid } = await up({ restartServerProcess: true, serverRestartWait: 0.1 });
    const since = program.now;
    program.signal('SIGUSR1');
    await program.record({ message: 'server process finished with status 0', reason: 'restart' }, { since });
    await program.waitForWorkers(2, { since });
    expect(serverPids(program).at(-1)).not.toBe(serverPid);
    expect(program.records('unexpectedly')).toEqual([]);
    await program.stop();
  });

  it('keeps its own configuration with disableReload, while the server reloads it (PARITY: Supervisor)', async () => {
    const { program } = await up({ disableReload: true });
    program.setConfig({ ...SUPERVISED, disableReload: true, workers: 3 });
    program.signal('SIGUSR2');
    await program.waitForWorkers(3);
    expect(program.records({ role: 'supervisor', message: 'config changed' })).toEqual([]);
    await program.stop();
  });

  it('kills a blocked server, and leaves no worker', async () => {
    const { program, serverPid } = await up({
      serverHeartbeatInterval: 0.1,
      serverHeartbeatTimeout: 1,
      serverImmediateKillInterval: 0.1,
      serverImmediateKillIntervalIncrement: 0,
      serverImmediateKillTimeout: 0.2,
      serverRestartWait: 0.1,
    });
    const workers = program.workerPids();
    signalPid(serverPid, 'SIGWINCH');
    await program.record('server process heartbeat timed out');
    await program.record({
      message: 'server process finished with signal SIGKILL',
      reason: 'heartbeat_timeout',
    });
    await eventually(() => [serverPid, ...workers].every((pid) => !isAlive(pid)), 'the old tree is gone');
    await program.kill();
  });

  it('leaves no orphan when the supervisor is killed, and the workers finish their work', async () => {
    const trace = join(tempDir(), 'trace');
    const stopWhen = join(tempDir(), 'stop');
    const { program } = await up({ trace, stopWhen });
    const workers = program.workerPids();
    signalPid(program.pid, 'SIGKILL');
    writeFileSync(stopWhen, '');
    await program.allGone();
    const done = readFileSync(trace, 'utf8');
    for (const pid of workers) expect(done).toContain(`worker done ${String(pid)}`);
    expect(done).toContain('afterRun');
  });

  it('ends with the status of the workers when all are unrecoverable (PARITY: Keeping workers alive)', async () => {
    const program = startRecorded('exit-codes', {
      config: {
        supervisor: true,
        workers: 2,
        statuses: [5, 3],
        unrecoverableExitCodes: [3, 5],
        exitWithWorkerStatus: true,
      },
    });
    await program.recordsOf(2, 'armed');
    for (const pid of program.workerPids()) signalPid(pid, 'SIGWINCH');
    const { code } = await program.exited;
    expect([3, 5]).toContain(code);
  });

  it('ends at once with daemonizeErrorExitCode when the server object cannot be constructed (PARITY: Daemon)', async () => {
    const program = startRecorded('supervised', {
      config: { ...SUPERVISED, start: 'construct', daemonizeErrorExitCode: 9 },
    });
    expect(await program.exited).toEqual({ code: 9, signal: null });
    expect(serverPids(program)).toHaveLength(1);
  });

  it('does not restart a server whose exit status is unrecoverable (PARITY: Keeping workers alive)', async () => {
    const program = startRecorded('supervised', {
      config: { ...SUPERVISED, start: 'exit', unrecoverableExitCodes: [7] },
    });
    expect(await program.exited).toEqual({ code: 7, signal: null });
    expect(serverPids(program)).toHaveLength(1);
  });

  it('calls Server.stop() once, however often its signal is repeated', async () => {
    const stopWhen = join(tempDir(), 'stop');
    const { program } = await up({
      stopWhen,
      serverGracefulKillInterval: 0.05,
      serverGracefulKillIntervalIncrement: 0,
    });
    const since = program.now;
    program.signal('SIGTERM');
    await program.recordsOf(4, 'stopping server process', { since });
    writeFileSync(stopWhen, '');
    expect((await program.exited).code).toBe(0);
    expect(program.records('hook Server.stop')).toHaveLength(1);
  });

  it('passes Server.afterStart the configuration of that start (PARITY: Roles and hooks)', async () => {
    const { program } = await up({ word: 'first', restartServerProcess: true, serverRestartWait: 0.1 });
    await program.record({ message: /hook Server.afterStart/, word: 'first' });
    program.setConfig({ ...SUPERVISED, word: 'second', restartServerProcess: true, serverRestartWait: 0.1 });
    program.signal('SIGUSR1');
    await program.record({ message: /hook Server.afterStart/, word: 'second' });
    await program.stop();
  });

  it('logs the last line of a dying server, even without a newline', async () => {
    const config = { ...SUPERVISED, start: 'unfinished', serverRestartWait: 60 };
    const program = startRecorded('supervised', { config });
    await program.record({ level: 'info', message: /^an unfinished line of the server/ });
    await program.record({ level: 'warn', message: /^an unfinished complaint of the server/ });
  });

  it('takes commands from stdin with commandSender pipe, and logs an unknown word (PARITY: Commands)', async () => {
    const { program } = await up({ commandSender: 'pipe' });
    program.write('DANCE\n');
    await program.record({ message: 'unknown command on the command pipe', got: 'DANCE' });
    const since = program.now;
    program.write('GRACEFUL_RESTART\n');
    await program.waitForWorkers(2, { since });
    // The last word, without a newline.
    program.endInput('GRACEFUL_STOP');
    expect(await program.exited).toEqual({ code: 0, signal: null });
  });

  it('obeys remapped signals in supervisor and server alike (PARITY: Commands)', async () => {
    const { program } = await up({ signalGracefulRestart: 'URG' });
    const since = program.now;
    program.signal('SIGURG');
    await program.record('hook Server.restart', { since });
    await program.waitForWorkers(2, { since });
    program.signal('SIGUSR1');
    await program.record(
      { level: 'warn', role: 'supervisor', message: 'signal ignored', signal: 'SIGUSR1' },
      { since },
    );
    expect((await program.stop()).code).toBe(0);
  });
});

describe('live restart', () => {
  it('starts the next server on the same socket while the old one finishes (PARITY: Supervisor)', async () => {
    const stopWhen = join(tempDir(), 'stop');
    const { program, port, serverPid } = await up({ enableDetach: true, stopWhen, serverDetachWait: 0.1 });
    const old = new Set(program.workerPids());
    const since = program.now;
    program.signal('SIGINT');
    await program.record('live restart', { since });
    await program.waitForWorkers(2, { since });
    expect(isAlive(serverPid)).toBe(true);
    await eventually(async () => !old.has(Number(await ask(port))), 'a new worker answers');
    writeFileSync(stopWhen, '');
    await program.record({ message: 'server process finished with status 0', reason: 'detach' }, { since });
    expect(program.records('unexpectedly')).toEqual([]);
    expect((await program.stop()).code).toBe(0);
    await program.allGone();
  });

  it('refuses no connection meanwhile', async () => {
    const { program, port } = await up({ enableDetach: true });
    const over = new AbortController();
    let answers = 0;
    const load = (async () => {
      while (!over.signal.aborted) {
        expect(await ask(port)).toMatch(/^\d+$/);
        answers += 1;
      }
    })();
    for (let round = 0; round < 2; round += 1) {
      const since = program.now;
      program.signal('SIGINT');
      await program.waitForWorkers(2, { since });
    }
    over.abort();
    await load;
    expect(answers).toBeGreaterThan(2);
    await program.stop();
  });

  it('lets several old generations end by themselves', async () => {
    const stopWhen = join(tempDir(), 'stop');
    const { program } = await up({ enableDetach: true, stopWhen, serverDetachWait: 0.05 });
    for (let round = 0; round < 2; round += 1) {
      const since = program.now;
      program.signal('SIGINT');
      await program.waitForWorkers(2, { since });
    }
    expect(serverPids(program).filter((pid) => isAlive(pid))).toHaveLength(3);
    writeFileSync(stopWhen, '');
    await program.recordsOf(2, { message: 'server process finished with status 0', reason: 'detach' });
    expect((await program.stop()).code).toBe(0);
  });

  it('ends the supervisor with exitOnDetach (PARITY: Supervisor)', async () => {
    const { program } = await up({ enableDetach: true, exitOnDetach: true });
    program.signal('SIGINT');
    expect(await program.exited).toEqual({ code: 0, signal: null });
    await program.allGone();
  });

  it('starts one server when a restart is requested while the old one finishes', async () => {
    const stopWhen = join(tempDir(), 'stop');
    const { program } = await up({ enableDetach: true, stopWhen, serverDetachWait: 0.5 });
    const since = program.now;
    program.signal('SIGINT');
    await program.record('live restart', { since });
    program.signal('SIGUSR1');
    await program.waitForWorkers(2, { since });
    writeFileSync(stopWhen, '');
    await program.record({ message: 'server process finished with status 0', reason: 'detach' }, { since });
    expect(serverPids(program)).toHaveLength(2);
    expect(serverPids(program).filter((pid) => isAlive(pid))).toHaveLength(1);
    expect((await program.stop()).code).toBe(0);
    await program.allGone();
  });

  it('is a graceful stop in the foreground by default', async () => {
    const { program } = await up();
    program.signalGroup('SIGINT');
    expect(await program.exited).toEqual({ code: 0, signal: null });
    await program.allGone();
  });
});
