import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineStatus, GroupStatus } from 'serverengine';
import { descriptorsOf, kindsOf } from '../support/descriptors';
import { request } from '../support/http-clients';
import { isAlive, nameOf, signalPid } from '../support/processes';
import { StatusClient } from '../support/status-client';
import { startRecorded, type RecordedProgram } from '../support/recorded-program';
import { tempDir } from '../support/temp-dir';

const BUILT = join(__dirname, `../../native/built/fork-linux-${process.arch}.node`);
const describeForks = existsSync(BUILT) ? describe : describe.skip;
if (!existsSync(BUILT)) {
  process.stderr.write(
    `fork.test.ts is skipped: there is no ${BUILT}. With a C compiler: npm run build:native\n`,
  );
}

interface Facts {
  readonly pid: number;
  readonly ppid: number;
  readonly real: number;
  readonly uptime: number;
  readonly wallClockOff: number;
  readonly tracing: readonly string[];
  readonly execArgv: readonly string[];
  readonly hasPreloaded: boolean;
}

interface Setup {
  readonly program: RecordedProgram;
  readonly dir: string;
  readonly status: StatusClient;
}

/** What the status says about the only group, and how each worker was started. */
async function startsOf(client: StatusClient): Promise<readonly [GroupStatus, readonly unknown[]]> {
  const { groups, workers } = await client.json<EngineStatus>('/status.json');
  return [groups[0]!, workers.map(({ start }) => start)];
}

async function startForking(config: Readonly<Record<string, unknown>> = {}): Promise<Setup> {
  const dir = tempDir();
  const statusListen = join(dir, 'status.sock');
  const program = startRecorded('forking', {
    config: { workerStart: 'fork', workers: 2, dir, statusListen, ...config },
  });
  await program.waitForWorkers(Number(config['workers'] ?? 2));
  return { program, dir, status: new StatusClient(statusListen) };
}

async function body(program: RecordedProgram, path = '/'): Promise<string> {
  return (await request(await program.port(), path)).body;
}

function factsOf(dir: string, pid: number): Facts {
  return JSON.parse(readFileSync(join(dir, `facts-${String(pid)}`), 'utf8')) as Facts;
}

/** As ps shows it. */
function titleOf(pid: number): string {
  return readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8').replace(/\0+$/, '');
}

function templateOf(program: RecordedProgram, since = 0): number {
  return Number(program.records(/^before$/, { since }).at(-1)?.pid);
}

describeForks("workerStart: 'fork'", () => {
  it('forks workers from one process that has loaded the program, and they work like spawned workers', async () => {
    const { program, dir } = await startForking({
      workers: 4,
      preload: ['node:repl'],
      workerProcessName: 'forking-%d',
    });
    const template = templateOf(program);
    expect(program.records(/^before$/)).toHaveLength(1);
    expect(program.problems()).toEqual([]);

    const pids = program.workerPids();
    const titles = [template, ...pids].map(titleOf);
    expect(titles).toEqual(['template', ...pids.keys()].map((id) => `forking-${id}`));
    const after = program.records(/^after$/).map(({ fields }) => [fields['in'], fields['loadedBy']]);
    expect(after.sort()).toEqual(pids.map((pid) => [pid, template]).sort());
    const facts = pids.map((pid) => factsOf(dir, pid));
    const [forkable] = program.records(/^before$/);
    const listening = await program.recordsOf(4, /^listening$/);
    for (const [index, fact] of facts.entries()) {
      const { pid, ppid, real, uptime, execArgv, hasPreloaded, wallClockOff, tracing } = fact;
      expect({ pid, ppid, real, execArgv, hasPreloaded }).toEqual({
        hasPreloaded: true,
        pid: pids[index],
        ppid: program.pid,
        real: pids[index],
        execArgv: [],
      });
      // Counted from the fork, not from the start of the template.
      const { time = 0 } = listening.find((record) => record.pid === pid) ?? {};
      expect(uptime * 1000).toBeLessThan(time - forkable!.time);
      expect(Math.abs(wallClockOff)).toBeLessThan(100);
      const refused = expect.stringMatching(
        /^trace events cannot be switched on in a forked worker/,
      ) as string;
      expect(tracing).toEqual([refused, refused]);
    }
    // They share the listening socket, and nothing else that wakes or reaches another process.
    const idsOf = (pid: number): readonly string[] => [
      ...new Set(descriptorsOf(pid).flatMap(({ id }) => id ?? [])),
    ];
    const ids = [template, ...pids].flatMap(idsOf);
    const shared = ids.filter((id, index) => ids.indexOf(id) !== index);
    expect([...new Set(shared)]).toEqual([expect.stringMatching(/^socket /)]);
    expect(shared).toHaveLength(3);

    const draws = pids.flatMap((_pid, workerId) =>
      readFileSync(join(dir, `draws-${String(workerId)}`), 'utf8')
        .split('\n')
        .filter((one) => !one.startsWith('load ')),
    );
    expect(new Set(draws).size).toBe(draws.length);

    expect(await body(program, '/thread')).toBe('thread ended with 0');
    // A stop does not wait for a template that does not answer, and starts nothing instead of what it had to fork.
    signalPid(template, 'SIGSTOP');
    signalPid(program.workerPid(3), 'SIGKILL');
    await program.record('worker 3 finished unexpectedly');
    const end = await program.stop();
    expect(end).toEqual({ code: 0, signal: null });
    await program.allGone();
    expect(program.records(/^worker \d finished with status 0/)).toHaveLength(3);
    expect(program.records(/^worker \d started/)).toHaveLength(4);
    expect(program.records('did not answer')).toEqual([]);
  });

  it('reports how each forked worker ended, and keeps its workers when the template is gone', async () => {
    const { program, status } = await startForking({ supervisor: true });
    const template = templateOf(program);
    expect(await startsOf(status)).toMatchObject([
      { start: 'fork', startInUse: 'fork', template: { state: 'ready', pid: template } },
      ['fork', 'fork'],
    ]);
    const kinds = kindsOf(program.workerPid(1));
    await request(await program.port(), '/exit').catch(() => {});
    await program.record(/^worker \d finished unexpectedly with status 3/);
    await program.waitForWorkers(3);
    const since = program.now;
    signalPid(program.workerPid(0), 'SIGKILL');
    await program.record('worker 0 finished unexpectedly with signal SIGKILL', { since });
    await program.waitForWorkers(1, { since });
    expect(program.records(/^before$/)).toHaveLength(1);

    const killed = program.now;
    signalPid(template, 'SIGKILL');
    const gone = await program.record('the process that workers are forked from is gone', { since: killed });
    expect(gone).toMatchObject({ level: 'warn', fields: { how: 'signal SIGKILL' } });
    // They keep serving, and a dead one is replaced without the template too.
    expect(program.workerPids()).toContain(Number(await body(program)));
    signalPid(program.workerPid(1), 'SIGKILL');
    await program.waitForWorkers(1, { since: killed });
    // It was spawned: a forked one has the same descriptors, and one more, where it is asked for its stack.
    const { socket = 0, ...others } = kindsOf(program.workerPid(1));
    expect(kinds).toEqual({ ...others, socket: socket + 1 });
    // The next template comes by itself, not only with the next start of a worker.
    await program.record('the process that workers are forked from is ready', { since: killed });
    const [{ template: next }] = await startsOf(status);
    expect(next).toMatchObject({ state: 'ready', pid: templateOf(program, killed) });
    expect(next?.pid).not.toBe(template);
    expect(await status.metric('serverengine_fork_template{group="ForkingWorker",state="ready"}')).toBe(1);
    const starts = 'serverengine_worker_starts_total{group="ForkingWorker",start="fork"}';
    expect(await status.metric(starts)).toBeGreaterThanOrEqual(4);

    const restarted = program.now;
    program.signal('SIGUSR1');
    await program.record(/^rolling restart finished/, { since: restarted });
    expect(templateOf(program, restarted)).not.toBe(template);
    expect(program.records(/^after$/, { since: restarted })).toHaveLength(2);

    // The server process goes on while it waits for one that does not answer.
    const frozen = program.now;
    signalPid(templateOf(program, restarted), 'SIGSTOP');
    signalPid(program.workerPid(0), 'SIGKILL');
    await program.record('worker 0 finished unexpectedly with signal SIGKILL', { since: frozen });
    program.signal('SIGUSR2');
    await program.record('command reload', { since: frozen });
    expect(program.records(/^the process that workers are forked from/, { since: frozen })).toEqual([]);
    const late = await program.record(/^the process that workers are forked from/, { since: frozen });
    expect(late.fields).toMatchObject({ how: 'it did not answer within 5000 ms' });
    const ended = await program.record('the process that workers were forked from has ended', {
      since: frozen,
    });
    expect(ended.fields).toMatchObject({ template: late.fields['template'], how: 'signal SIGKILL' });
    await program.waitForWorkers(1, { since: frozen });
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });

  it('spawns workers when the program cannot be forked or forked workers crash', async () => {
    const [threads, crashing, flagged, binding] = await Promise.all([
      startForking({ hasThread: true }),
      startForking(),
      // A forked worker would write no snapshot.
      startForking({ workers: 1, workerExecArgv: ['--heapsnapshot_near_heap_limit=1'] }),
      startForking({ workers: 1, binds: true }),
    ]);
    const [refusal] = threads.program.problems();
    expect(refusal).toMatchObject({
      level: 'warn',
      message: "workers are spawned, not forked as workerStart 'fork' asks",
      fields: { reason: expect.stringContaining('has 1 more threads than Node itself') as string },
    });
    expect(threads.program.records(/^after$/)).toEqual([]);
    expect(await startsOf(threads.status)).toMatchObject([
      {
        start: 'fork',
        startInUse: 'spawn',
        template: { state: 'refused', reason: refusal!.fields['reason'] },
      },
      ['spawn', 'spawn'],
    ]);
    const { pid } = threads.program;
    expect(threads.program.records(/^before$/).filter((record) => record.pid === pid)).toHaveLength(2);

    expect(flagged.program.problems()).toMatchObject([
      { fields: { reason: 'a process with --heapsnapshot_near_heap_limit=1 cannot be forked' } },
    ]);
    const reloaded = flagged.program.now;
    flagged.program.setConfig({ workerStart: 'fork', workers: 1, dir: flagged.dir });
    flagged.program.signal('SIGUSR2');
    await flagged.program.record('command reload', { since: reloaded });
    signalPid(flagged.program.workerPid(0), 'SIGKILL');
    await flagged.program.waitForWorkers(1, { since: reloaded });
    expect(flagged.program.records(/^after$/, { since: reloaded })).toHaveLength(1);

    expect(binding.program.problems()).toMatchObject([
      {
        fields: {
          reason: expect.stringMatching(
            /^the program calls listen\(\) or bind\(\) \(127\.0\.0\.1:0\)/,
          ) as string,
        },
      },
    ]);

    const { program } = crashing;
    for (const generation of [2, 3, 4]) {
      const since = program.now;
      signalPid(program.workerPid(0), 'SIGSEGV');
      await program.record({ message: 'worker 0 is running', generation }, { since });
    }
    expect(program.records('from now on workers are spawned')).toHaveLength(1);
    expect(program.records(/^after$/)).toHaveLength(4);
    expect(isAlive(program.workerPid(1))).toBe(true);
  });

  it('has the stack of what hangs in the log: of the template while it loads the program, and of a forked worker', async () => {
    const hanging = (hang: string): RecordedProgram =>
      startRecorded('boot-hangs', {
        config: { workerStart: 'fork', workerReadyTimeout: '2500ms', hang, once: join(tempDir(), 'once') },
      });
    const [loading, constructing] = [hanging('import'), hanging('constructor')];
    const never = hanging('never run');
    const stack = expect.arrayContaining([expect.stringMatching(/^at spin \(/)]) as unknown;

    const template = await loading.record(/^the template hangs/);
    expect(template).toMatchObject({ level: 'error', fields: { stack } });
    expect(template.message).toMatch(/ in block \(.*block\.js:\d+:\d+\)$/);
    await loading.record({ message: 'worker 0 is running', generation: 1 });
    const [late] = loading.records('is not started yet');
    expect(late?.message).toContain('the template has not loaded the program');

    const worker = await constructing.record(/^worker 0 hangs/);
    expect(worker).toMatchObject({ level: 'error', fields: { stack } });
    expect(worker.message).toMatch(/ in block \(.*block\.js:\d+:\d+\)$/);
    await constructing.record({ message: 'worker 0 is running', generation: 2 });
    const lost = await never.record('the process that workers are forked from is gone');
    expect(lost.fields['how']).toMatch(/^it was not ready after 2500 ms: its script has not called run\(\)/);
    await never.record({ message: 'worker 0 is running', generation: 1 });
    // What waits to be forked from has a name of its own, and its workers have not.
    const names = constructing.livePids().map((pid) => [pid === constructing.workerPid(0), nameOf(pid)]);
    expect(names.filter(([, name]) => name === 'template')).toEqual([[false, 'template']]);
    for (const program of [loading, constructing, never]) {
      expect(await program.stop()).toEqual({ code: 0, signal: null });
      await program.allGone();
    }
  });
});
