import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/eventually';
import { isAlive, signalPid } from '../support/processes';
import { startRecorded, type RecordedProgram } from '../support/recorded-program';
import { tempDir } from '../support/temp-dir';

const TWO = { workerType: 'process', workers: 2 };
// Signals closer together than that count as one press.
const SAME_PRESS_MS = 310;
const FINE = { code: 0, signal: null };

async function running(config: object): Promise<RecordedProgram> {
  const program = startRecorded('hooks', { config: { ...TWO, ...config } });
  await program.recordsOf(2, { worker: /\d/, message: 'hook run' });
  return program;
}

describe('a stop', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s waits for the workers, then ends the server',
    async (signal) => {
      const program = await running({ stopMs: 100 });
      expect(await program.stop(signal)).toEqual(FINE);
      expect(program.records({ worker: /\d/, message: 'hook stop' })).toHaveLength(2);
      expect(program.records({ worker: /\d/, message: 'run has ended' })).toHaveLength(2);
      expect(
        program.records({ level: 'info', message: 'finished with status 0', reason: 'stop' }),
      ).toHaveLength(2);
      expect(program.records({ message: 'server finished', status: 0 })).toHaveLength(1);
      expect(program.livePids()).toEqual([]);
    },
  );

  it('by QUIT ends every process at once', async () => {
    const program = await running({ stopMs: 60_000 });
    expect(await program.stop('SIGQUIT')).toEqual(FINE);
    expect(
      program.records({ level: 'info', message: 'finished with signal SIGQUIT', reason: 'stop' }),
    ).toHaveLength(2);
    expect(program.records('hook stop')).toEqual([]);
    expect(program.records('hook afterRun')).toHaveLength(1);
    expect(program.livePids()).toEqual([]);
  });

  it('by TERM becomes immediate with a later QUIT', async () => {
    const program = await running({ stopMs: 60_000 });
    program.signal('SIGTERM');
    await program.recordsOf(2, { worker: /\d/, message: 'hook stop' });
    expect(await program.stop('SIGQUIT')).toEqual(FINE);
    expect(program.records('finished with signal SIGQUIT')).toHaveLength(2);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('is not shortened by a second %s', async (signal) => {
    const program = await running({ stopMs: 500 });
    program.signal(signal);
    await program.recordsOf(2, { worker: /\d/, message: 'hook stop' });
    expect(await program.stop(signal)).toEqual(FINE);
    expect(program.records({ worker: /\d/, message: 'run has ended' })).toHaveLength(2);
    expect(program.records({ worker: /\d/, message: 'hook stop' })).toHaveLength(2);
  });

  it('by Ctrl-C, which reaches the whole process group, is handled once by each worker', async () => {
    const program = await running({ stopMs: 200 });
    program.signalGroup('SIGINT');
    expect(await program.exited).toEqual(FINE);
    expect(program.records({ worker: /\d/, message: 'hook stop' })).toHaveLength(2);
    expect(program.records('finished with status 0')).toHaveLength(2);
    expect(program.problems()).toEqual([]);
  });
});

describe('a stop during the start', () => {
  it.each(['SIGTERM', 'SIGQUIT'] as const)('by %s before beforeRun() starts no worker', async (signal) => {
    const program = startRecorded('slow-config');
    await program.waitForLine('reading the config');
    expect(await program.stop(signal)).toEqual(FINE);
    expect(program.workerPids()).toEqual([]);
  });

  it('by TERM in beforeRun() starts no worker', async () => {
    const program = startRecorded('hooks', { config: { ...TWO, beforeRunMs: 300 } });
    await program.record('hook beforeRun');
    expect(await program.stop()).toEqual(FINE);
    expect(program.records('stopped before any worker was started')).toHaveLength(1);
    expect(program.records('hook afterRun')).toHaveLength(1);
    expect(program.workerPids()).toEqual([]);
  });

  it('by QUIT does not wait for beforeRun()', async () => {
    const program = startRecorded('hooks', { config: { ...TWO, beforeRunMs: 60_000 } });
    await program.record('hook beforeRun');
    expect(await program.stop('SIGQUIT')).toEqual(FINE);
    expect(program.workerPids()).toEqual([]);
  });

  it.each(['SIGTERM', 'SIGQUIT'] as const)(
    'by %s while the workers boot leaves none behind',
    async (signal) => {
      const program = startRecorded('hooks', { config: TWO });
      await program.record('worker 0 started');
      expect(await program.stop(signal)).toEqual(FINE);
      expect(program.livePids()).toEqual([]);
      expect(program.records({ level: /error|fatal/ })).toEqual([]);
    },
  );
});

describe('a restart', () => {
  it('by two USR1 in a row replaces every worker and keeps their number', async () => {
    const program = await running({ stopMs: 100 });
    const before = program.workerPids();
    program.signal('SIGUSR1');
    program.signal('SIGUSR1');
    await program.recordsOf(2, { message: ' is running', generation: /^[23]$/ });
    await eventually(() => program.workingPids().length === 3, 'the server and two workers are alive');
    for (const pid of before) expect(isAlive(pid)).toBe(false);
    expect([...program.workers().keys()].sort()).toEqual([0, 1]);
    expect(program.records('unexpectedly')).toEqual([]);
    expect(await program.stop()).toEqual(FINE);
  });

  it('by HUP stops the workers with QUIT and replaces them', async () => {
    const program = await running({ stopMs: 60_000 });
    program.signal('SIGHUP');
    await program.recordsOf(2, { message: ' is running', generation: 2 });
    expect(
      program.records({ level: 'info', message: 'finished with signal SIGQUIT', reason: 'restart' }),
    ).toHaveLength(2);
    expect(program.records('hook stop')).toEqual([]);
  });
});

describe('TTIN and TTOU', () => {
  it('add a worker and remove one, but never the last', async () => {
    const program = await running({});
    program.signal('SIGTTIN');
    await program.record('worker 2 is running');
    program.signal('SIGTTOU');
    await program.record({ message: 'worker 2 finished with status 0', reason: 'scale_down' });
    program.signal('SIGTTOU');
    await program.record({ message: 'worker 1 finished with status 0', reason: 'scale_down' });
    const since = program.now;
    program.signal('SIGTTOU');
    await program.record('command scale', { since });
    expect(program.records(/worker 0 (finished|stopp)/)).toEqual([]);
    program.signal('SIGTTIN');
    await program.record('worker 1 is running', { since });
  });
});

describe('CONT', () => {
  it('writes a dump of the server to the log', async () => {
    const program = await running({ sigdumpDir: tempDir() });
    program.signal('SIGCONT');
    const dump = await program.record({ level: 'info', role: 'server', message: /^dump$/ });
    for (const pid of program.workerPids())
      expect(JSON.stringify(dump.fields)).toContain(`"pid":${String(pid)}`);
  });
});

describe('CONT after a stop, as systemd, timeout(1) and runit send it', () => {
  it.each([{}, { supervisor: true }])('dumps in no process (%j)', async (config) => {
    const sigdumpDir = tempDir();
    const program = await running({ ...config, sigdumpDir, stopMs: 300 });
    for (const signal of ['SIGTERM', 'SIGCONT'] as const)
      for (const pid of program.livePids()) signalPid(pid, signal);
    expect(await program.exited).toEqual(FINE);
    expect(program.records('run has ended')).toHaveLength(2);
    expect(program.records(/\bdump\b/)).toEqual([]);
    expect(readdirSync(sigdumpDir)).toEqual([]);
  });
});

describe('Ctrl-C', () => {
  it('lists what is waited for at the second press, and stops at once at the third', async () => {
    const program = await running({ stopMs: 60_000 });
    program.signalGroup('SIGINT');
    await program.recordsOf(2, { worker: /\d/, message: 'hook stop' });
    // The server counts from when it has seen the first press, and may be slower than its workers.
    await program.record('stopping 2 workers');
    await sleep(SAME_PRESS_MS);
    program.signalGroup('SIGINT');
    const { fields } = await program.record('still stopping');
    for (const pid of program.workerPids())
      expect(fields['waitingFor']).toContain(`(pid ${String(pid)}, stopping)`);
    expect(fields['force']).toContain(`kill -QUIT ${String(program.pid)}`);
    await sleep(SAME_PRESS_MS);
    program.signalGroup('SIGINT');
    expect(await program.exited).toEqual(FINE);
    expect(program.records({ message: 'finished with signal SIGQUIT', reason: 'stop' })).toHaveLength(2);
  });
});

describe('a signal sent to a worker by hand (PARITY: Roles and hooks)', () => {
  it.each([
    ['SIGTERM', 'inspector'],
    ['SIGINT', 'inspector'],
    ['SIGUSR1', 'thread'],
    ['SIGUSR1', 'off'],
  ] as const)('%s stops it with hangDiagnosis %s, and it is replaced', async (signal, hangDiagnosis) => {
    const program = await running({ hangDiagnosis });
    const pid = program.workerPid(1);
    signalPid(pid, signal);
    await program.record({ message: 'worker 1 is running', generation: 2 });
    expect(program.records({ worker: 1, writtenBy: pid, message: 'hook stop' })).toHaveLength(1);
    expect(
      program.records({ level: 'info', message: 'worker 1 finished unexpectedly with status 0' }),
    ).toHaveLength(1);
  });

  it.each(['SIGQUIT', 'SIGHUP'] as const)('%s kills it, and it is replaced', async (signal) => {
    const program = await running({});
    signalPid(program.workerPid(1), signal);
    await program.record({ message: 'worker 1 is running', generation: 2 });
    const death = `worker 1 finished unexpectedly with signal ${signal}`;
    expect(program.records({ level: 'error', message: death })).toHaveLength(1);
    expect(program.records('hook stop')).toEqual([]);
  });

  it('USR2 calls its reload()', async () => {
    const program = await running({});
    signalPid(program.workerPid(1), 'SIGUSR2');
    await program.record({ worker: 1, message: 'hook reload' });
    expect(program.records('finished')).toEqual([]);
  });
});
