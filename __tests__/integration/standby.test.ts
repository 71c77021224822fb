import type { EngineStatus } from 'serverengine';
import { eventually } from '../support/eventually';
import { request } from '../support/http-clients';
import { isAlive, signalPid } from '../support/processes';
import { startRecorded, type RecordedProgram } from '../support/recorded-program';
import { byStart } from '../support/worker-start';

const RESERVE = { standbyWorkers: 1, logLevel: 'debug' };

interface Standing {
  readonly program: RecordedProgram;
  /** The pid of the standby that is ready now. */
  readonly standby: number;
}

async function standing(config: Readonly<Record<string, unknown>> = {}): Promise<Standing> {
  const program = startRecorded('renewed', { config: { ...RESERVE, ...config } });
  await program.waitForWorkers(2);
  return { program, standby: await standbyOf(program, 0) };
}

async function standbyOf(program: RecordedProgram, since: number): Promise<number> {
  const { fields } = await program.record('standby worker is ready', { since });
  return Number(fields['pid']);
}

async function statusOf(program: RecordedProgram): Promise<EngineStatus> {
  const since = program.now;
  program.write('{"call":"status"}\n');
  const line = await program.waitForLine(/^answer status /, { since });
  return JSON.parse(line.slice('answer status '.length)) as EngineStatus;
}

describe.each([{ supervisor: false }, { supervisor: true }])('a standby worker (%p)', (mode) => {
  it('takes over the place and id of a killed worker, and the reserve is refilled', async () => {
    const { program, standby } = await standing(mode);
    const { standby: reserve, workers } = await statusOf(program);
    const start = byStart('the status says how workers are started', { spawned: 'spawn', forked: 'fork' });
    expect(reserve).toEqual([
      expect.objectContaining({ group: 'web', pid: standby, state: 'standby', start }),
    ]);
    expect(workers).toHaveLength(2);
    const since = program.now;
    const victim = program.workerPid(1);
    signalPid(victim, 'SIGKILL');
    const started = await program.record({ message: 'worker 1 started', generation: 2 }, { since });
    expect(started.fields['pid']).toBe(standby);
    const begins = await program.record({ message: 'begins', worker: 1 }, { since });
    // The object was constructed once, in the worker that has the id. beforeFork() ran as for any other worker.
    const { count, calls } = byStart('the template constructs an object for beforeFork() and calls it once', {
      spawned: { count: 1, calls: { of: 1, times: 2 } },
      forked: { count: 2, calls: { of: 0, times: 1 } },
    });
    expect(begins).toMatchObject({ pid: standby, fields: { count } });
    expect(program.records({ message: 'before', of: calls.of })).toHaveLength(calls.times);
    const next = await standbyOf(program, since);
    expect(next).not.toBe(standby);
    expect((await request(await program.port(), '/')).body).toMatch(/^[01] \d+$/);
    program.signal('SIGTERM');
    expect(await program.exited).toEqual({ code: 0, signal: null });
    expect([standby, next].filter(isAlive)).toEqual([]);
  });
});

describe('a standby worker', () => {
  it('is ready to replace a hung worker before that one has ended, and the log has a record of it', async () => {
    const { program, standby } = await standing({
      workerHeartbeatInterval: 0.5,
      workerHeartbeatTimeout: 4,
      workerHeartbeatKillDelay: 600,
      hangDiagnosis: 'inspector',
    });
    const blocked = request(await program.port(), '/block').catch((error: unknown) => error);
    const given = await program.record(/heartbeat timed out/);
    const hangs = await program.record('a standby takes its place before it is ended');
    const workerId = Number(hangs.fields['workerId']);
    const started = await program.record({ message: `worker ${workerId} started`, generation: 2 });
    expect(started.fields['pid']).toBe(standby);
    const finished = await program.record({ message: `worker ${workerId} finished`, generation: 1 });
    expect(finished.fields).toMatchObject({ reason: 'heartbeat_timeout' });
    expect(given.time).toBeLessThanOrEqual(started.time);
    expect(started.time).toBeLessThanOrEqual(finished.time);
    expect(String(await blocked)).toMatch(/hang up|ECONNRESET/);
  });

  it('is replaced when it dies, counts against no worker, and has its last output logged', async () => {
    const { program, standby } = await standing({ maxRestarts: 1 });
    const since = program.now;
    signalPid(standby, 'SIGKILL');
    const record = await program.record('a standby worker ended before it was needed, with signal SIGKILL');
    expect(record).toMatchObject({ level: 'warn', fields: { pid: standby } });
    expect(await standbyOf(program, since)).not.toBe(standby);
    expect(program.records('worker 0 finished')).toEqual([]);
  });

  it('is killed and replaced when its heartbeat finds it frozen', async () => {
    const { program, standby } = await standing({
      workerHeartbeatInterval: 0.5,
      workerHeartbeatTimeout: 4,
      workerHeartbeatKillDelay: 0.1,
      workerImmediateKillTimeout: 0.1,
    });
    const since = program.now;
    signalPid(standby, 'SIGSTOP');
    const given = await program.record(
      { message: 'standby worker heartbeat timed out', pid: standby },
      { since },
    );
    expect(given.level).toBe('error');
    expect(await standbyOf(program, since)).not.toBe(standby);
    expect(program.records(/^worker \d finished/)).toEqual([]);
  });

  it('is reloaded on a reload, and starts work with the current configuration', async () => {
    const { program, standby } = await standing({ version: 'one' });
    program.setConfig({ ...RESERVE, version: 'two' });
    const since = program.now;
    program.signal('SIGUSR2');
    await program.record(
      { message: 'standby worker finished', pid: standby, reason: 'standby_refresh' },
      { since },
    );
    const next = await standbyOf(program, since);
    signalPid(program.workerPid(0), 'SIGKILL');
    const begins = await program.record({ message: 'begins', version: 'two' }, { since });
    expect(begins).toMatchObject({ pid: next, worker: 0 });
  });

  it('may be a thread', async () => {
    const config = { ...RESERVE, workerType: 'thread' };
    const program = startRecorded('renewed', { config });
    await program.waitForWorkers(2);
    await standbyOf(program, 0);
    const since = program.now;
    program.setConfig({ ...config, ends: [1] });
    program.signal('SIGUSR2');
    await program.record({ message: 'worker 1 finished', reason: 'crash' }, { since });
    await program.record({ message: 'worker 1 started', generation: 2 }, { since });
    await program.record({ message: 'begins', worker: 1, count: 1 }, { since });
    await standbyOf(program, since);
    program.signal('SIGTERM');
    expect(await program.exited).toEqual({ code: 0, signal: null });
  });

  it('ends by itself when its server is gone', async () => {
    const { program, standby } = await standing();
    signalPid(program.pid, 'SIGKILL');
    await program.exited;
    await eventually(() => !isAlive(standby), 'the standby has ended');
  });

  it.each([
    ['embedded', { workerType: 'embedded', standbyWorkers: 1 }, 'standbyWorkers'],
    ['embedded', { workerType: 'embedded', workerMaxAge: 5 }, 'workerMaxAge'],
  ])('is refused for %s workers, with the key and the cure', async (_type, config, key) => {
    const program = startRecorded('renewed', { config: { ...config, workers: 1 } });
    expect((await program.exited).code).toBe(1);
    expect(program.output).toMatch(new RegExp(`${key} needs workers that .* got workerType 'embedded'`));
    expect(program.output).toContain('or leave the key out');
  });
});

describe('a worker that reaches a recycling limit', () => {
  it.each([
    ['jobs', { workerMaxJobs: 3 }, '/job', 'max_jobs'],
    ['memory', { workerMaxMemory: '300MB' }, '/eat', 'max_memory'],
  ])('is recycled for its %s, after its replacement is ready', async (_what, config, path, reason) => {
    const program = startRecorded('renewed', { config: { workers: 1, ...config } });
    await program.waitForWorkers(1);
    const port = await program.port();
    const first = program.workerPid(0);
    const [answer] = await Promise.all(Array.from({ length: 6 }, () => request(port, path)));
    expect(answer?.body).toBe(`0 ${String(first)}`);
    const recycled = await program.record('worker 0 was recycled');
    expect(recycled.fields).toMatchObject({ workerId: 0, oldPid: first, reason });
    const finished = await program.record({ message: 'worker 0 finished', pid: first });
    expect(finished).toMatchObject({ level: 'info', fields: { reason } });
    expect(finished.time).toBeGreaterThanOrEqual(recycled.time);
    expect((await request(port, '/')).body).toBe(`0 ${String(program.workerPid(0))}`);
    const heard = await program.waitForLine(/hears workerExited/);
    expect(heard).toContain(`"reason":"${reason}"`);
  });

  it('is recycled before its heap is full, or ends with oom when it grows too fast', async () => {
    const program = startRecorded('renewed', {
      config: { workers: 1, workerHeapLimit: '64MB', restartBackoffReset: 0 },
    });
    await program.waitForWorkers(1);
    const port = await program.port();
    const first = program.workerPid(0);
    await request(port, '/leak');
    const recycling = await program.record('recycling worker 0, whose heap is nearly full');
    expect(recycling).toMatchObject({ level: 'warn', fields: { pid: first, reason: 'max_memory' } });
    const finished = await program.record({ message: 'worker 0 finished', pid: first });
    expect(finished).toMatchObject({ level: 'info', fields: { reason: 'max_memory' } });
    expect(finished.fields['likelyCause']).toMatch(/^its JavaScript heap was nearly full \(\d+ %\)$/);
    await expect(request(port, '/flood')).rejects.toThrow(/hang up|ECONNRESET/);
    const second = await program.record({ message: 'worker 0 finished', generation: 2 });
    expect(second).toMatchObject({ level: 'error', fields: { reason: 'oom' } });
  });

  it('may be any program, with its memory read from the system', async () => {
    const script = 'import time; kept = bytearray(80 << 20); time.sleep(600)';
    const program = startRecorded('spawn-program', {
      config: { command: 'python3', args: ['-c', script], workerMaxMemory: '60MB' },
    });
    const { fields } = await program.record('recycling worker 0');
    expect(fields).toMatchObject({ reason: 'max_memory', generation: 1 });
    await program.record({ message: 'worker 0 finished', generation: 1, reason: 'max_memory' });
    await program.record({ message: 'worker 0 started', generation: 2 });
  });

  it('is recycled for its age, one at a time', async () => {
    const program = startRecorded('renewed', { config: { workerMaxAge: 3, logLevel: 'debug' } });
    await program.waitForWorkers(2);
    const recycled = await program.recordsOf(2, 'was recycled');
    expect(recycled.map(({ fields }) => fields['reason'])).toEqual(['max_age', 'max_age']);
    const steps = program
      .records(/^(recycling worker|worker \d was recycled|worker \d finished)/)
      .map(({ message }) => message.replace(/worker \d |worker \d$/g, '').trim());
    expect(steps.slice(0, 2)).toEqual(['recycling', 'was recycled']);
  });
});
