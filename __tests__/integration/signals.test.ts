import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/eventually';
import { isAlive, signalPid } from '../support/processes';
import { start, type Program } from '../support/program';
import { tempDir } from '../support/temp-dir';

const TWO = { workerType: 'process', workers: 2 };
// Signals that come closer than that count as one press.
const SAME_PRESS_MS = 310;
const FINE = { code: 0, signal: null };

async function running(config: object): Promise<Program> {
  const program = start('hooks', { config: { ...TWO, ...config } });
  await program.waitForLines(2, /worker=\d .*hook run /);
  return program;
}

describe('a stop', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s lets the workers finish, then the server',
    async (signal) => {
      const program = await running({ stopMs: 100 });
      expect(await program.stop(signal)).toEqual(FINE);
      expect(program.matching(/worker=\d .*hook stop/)).toHaveLength(2);
      expect(program.matching(/worker=\d .*run has ended/)).toHaveLength(2);
      expect(program.matching(/\[info\] .*finished with status 0 .*reason=stop/)).toHaveLength(2);
      expect(program.matching('server finished status=0')).toHaveLength(1);
      expect(program.livePids()).toEqual([]);
    },
  );

  it('by QUIT ends everything at once', async () => {
    const program = await running({ stopMs: 60_000 });
    expect(await program.stop('SIGQUIT')).toEqual(FINE);
    expect(program.matching(/\[info\] .*finished with signal SIGQUIT .*reason=stop/)).toHaveLength(2);
    expect(program.matching('hook stop')).toEqual([]);
    expect(program.matching('hook afterRun')).toHaveLength(1);
    expect(program.livePids()).toEqual([]);
  });

  it('by TERM is hardened by QUIT', async () => {
    const program = await running({ stopMs: 60_000 });
    program.signal('SIGTERM');
    await program.waitForLines(2, /worker=\d .*hook stop/);
    expect(await program.stop('SIGQUIT')).toEqual(FINE);
    expect(program.matching(/finished with signal SIGQUIT/)).toHaveLength(2);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('is not shortened by a second %s', async (signal) => {
    const program = await running({ stopMs: 500 });
    program.signal(signal);
    await program.waitForLines(2, /worker=\d .*hook stop/);
    expect(await program.stop(signal)).toEqual(FINE);
    expect(program.matching(/worker=\d .*run has ended/)).toHaveLength(2);
    expect(program.matching(/worker=\d .*hook stop/)).toHaveLength(2);
  });

  it("by the terminal's Ctrl-C, which reaches the whole group, is acted on once by each worker", async () => {
    const program = await running({ stopMs: 200 });
    program.signalGroup('SIGINT');
    expect(await program.exited).toEqual(FINE);
    expect(program.matching(/worker=\d .*hook stop/)).toHaveLength(2);
    expect(program.matching(/finished with status 0/)).toHaveLength(2);
    expect(program.matching(/\[(warn|error|fatal)\]/)).toEqual([]);
  });
});

describe('a stop during the start', () => {
  it.each(['SIGTERM', 'SIGQUIT'] as const)('by %s before beforeRun() starts no worker', async (signal) => {
    const program = start('slow-config');
    await program.waitForLine('reading the config');
    expect(await program.stop(signal)).toEqual(FINE);
    expect(program.workerPids()).toEqual([]);
  });

  it('by TERM in beforeRun() starts no worker', async () => {
    const program = start('hooks', { config: { ...TWO, beforeRunMs: 300 } });
    await program.waitForLine('hook beforeRun');
    expect(await program.stop()).toEqual(FINE);
    expect(program.output).toContain('stopped before any worker was started');
    expect(program.matching('hook afterRun')).toHaveLength(1);
    expect(program.workerPids()).toEqual([]);
  });

  it('by QUIT does not wait for beforeRun()', async () => {
    const program = start('hooks', { config: { ...TWO, beforeRunMs: 60_000 } });
    await program.waitForLine('hook beforeRun');
    expect(await program.stop('SIGQUIT')).toEqual(FINE);
    expect(program.workerPids()).toEqual([]);
  });

  it.each(['SIGTERM', 'SIGQUIT'] as const)(
    'by %s while the workers boot leaves none behind',
    async (signal) => {
      const program = start('hooks', { config: TWO });
      await program.waitForLine('worker 0 started');
      expect(await program.stop(signal)).toEqual(FINE);
      expect(program.livePids()).toEqual([]);
      expect(program.matching(/\[(error|fatal)\]/)).toEqual([]);
    },
  );
});

describe('a restart', () => {
  it('by two USR1 in a row replaces every worker and leaves as many', async () => {
    const program = await running({ stopMs: 100 });
    const before = program.workerPids();
    program.signal('SIGUSR1');
    program.signal('SIGUSR1');
    await program.waitForLines(2, / is running .*generation=[23]/);
    await eventually(() => program.livePids().length === 3, 'the server and two workers are alive');
    for (const pid of before) expect(isAlive(pid)).toBe(false);
    expect([...program.workers().keys()].sort()).toEqual([0, 1]);
    expect(program.matching('unexpectedly')).toEqual([]);
    expect(await program.stop()).toEqual(FINE);
  });

  it('by HUP kills the workers with QUIT and replaces them', async () => {
    const program = await running({ stopMs: 60_000 });
    program.signal('SIGHUP');
    await program.waitForLines(2, / is running .*generation=2/);
    expect(program.matching(/\[info\] .*finished with signal SIGQUIT .*reason=restart/)).toHaveLength(2);
    expect(program.matching('hook stop')).toEqual([]);
  });
});

describe('TTIN and TTOU', () => {
  it('add a worker and take one away, but never the last', async () => {
    const program = await running({});
    program.signal('SIGTTIN');
    await program.waitForLine('worker 2 is running');
    program.signal('SIGTTOU');
    await program.waitForLine(/worker 2 finished with status 0 .*reason=scale_down/);
    program.signal('SIGTTOU');
    await program.waitForLine(/worker 1 finished with status 0 .*reason=scale_down/);
    const since = program.now;
    program.signal('SIGTTOU');
    await program.waitForLine('command scale', { since });
    expect(program.matching(/worker 0 (finished|stopp)/)).toEqual([]);
    program.signal('SIGTTIN');
    await program.waitForLine('worker 1 is running', { since });
  });
});

describe('CONT', () => {
  it('dumps to the log what the server is doing', async () => {
    const program = await running({ sigdumpDir: tempDir() });
    program.signal('SIGCONT');
    const line = await program.waitForLine(/\[info\] server .*: dump /);
    for (const pid of program.workerPids()) expect(line).toContain(`"pid":${String(pid)}`);
  });
});

describe('CONT that follows a stop, as systemd, timeout(1) and runit send it', () => {
  it.each([{}, { supervisor: true }])('dumps nothing, in no process (%j)', async (config) => {
    const sigdumpDir = tempDir();
    const program = await running({ ...config, sigdumpDir, stopMs: 300 });
    for (const signal of ['SIGTERM', 'SIGCONT'] as const)
      for (const pid of program.livePids()) signalPid(pid, signal);
    expect(await program.exited).toEqual(FINE);
    expect(program.matching('run has ended')).toHaveLength(2);
    expect(program.matching(/\bdump\b/)).toEqual([]);
    expect(readdirSync(sigdumpDir)).toEqual([]);
  });
});

describe('Ctrl-C', () => {
  it('says at the second press what is waited for, and stops at once at the third', async () => {
    const program = await running({ stopMs: 60_000 });
    program.signalGroup('SIGINT');
    await program.waitForLines(2, /worker=\d .*hook stop/);
    await sleep(SAME_PRESS_MS);
    program.signalGroup('SIGINT');
    const line = await program.waitForLine('still stopping');
    for (const pid of program.workerPids()) expect(line).toContain(`(pid ${String(pid)}, stopping)`);
    expect(line).toContain(`kill -QUIT ${String(program.pid)}`);
    await sleep(SAME_PRESS_MS);
    program.signalGroup('SIGINT');
    expect(await program.exited).toEqual(FINE);
    expect(program.matching(/finished with signal SIGQUIT .*reason=stop/)).toHaveLength(2);
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
    await program.waitForLine(/worker 1 is running .*generation=2/);
    expect(program.matching(`worker=1 pid=${String(pid)}: hook stop`)).toHaveLength(1);
    expect(program.matching(/\[info\] .*worker 1 finished unexpectedly with status 0/)).toHaveLength(1);
  });

  it.each(['SIGQUIT', 'SIGHUP'] as const)('%s kills it, and it is replaced', async (signal) => {
    const program = await running({});
    signalPid(program.workerPid(1), signal);
    await program.waitForLine(/worker 1 is running .*generation=2/);
    const death = new RegExp(`\\[error\\] .*worker 1 finished unexpectedly with signal ${signal}`);
    expect(program.matching(death)).toHaveLength(1);
    expect(program.matching('hook stop')).toEqual([]);
  });

  it('USR2 calls its reload()', async () => {
    const program = await running({});
    signalPid(program.workerPid(1), 'SIGUSR2');
    await program.waitForLine(/worker=1 .*hook reload/);
    expect(program.matching('finished')).toEqual([]);
  });
});
