import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { ask } from '../support/clients';
import { eventually } from '../support/eventually';
import { isAlive, signalPid } from '../support/processes';
import { startRecorded, type RecordedProgram } from '../support/recorded-program';

const ROLLING = { restartStrategy: 'rolling', workers: 3 };

async function up(config: Record<string, unknown> = {}): Promise<{ program: RecordedProgram; port: number }> {
  const program = startRecorded('rolling', { config: { ...ROLLING, ...config } });
  await program.waitForWorkers(3);
  return { program, port: await program.port() };
}

const STORY: ReadonlyMap<string, string> = new Map([
  ['stopping', 'stop'],
  ['started', 'start'],
  ['finished', 'end'],
]);

/** The events of workers, in order: `start 0`, `stop 0`, `end 0`. */
function story(
  program: RecordedProgram,
  since: number,
  of: readonly string[] = ['start', 'end'],
): readonly string[] {
  return program.records('', { since }).flatMap(({ message, fields }) => {
    const [, what = ''] =
      /^(stopping) worker \d$|^worker \d (started|finished)/.exec(message)?.filter(Boolean) ?? [];
    const name = STORY.get(what);
    return name !== undefined && of.includes(name) ? [`${name} ${String(fields['workerId'])}`] : [];
  });
}

const FINISHED = { message: 'rolling restart finished', replaced: 3 };

describe('rolling restart', () => {
  it('waits until each replacement is ready before it stops the old worker, one at a time', async () => {
    const { program } = await up();
    const since = program.now;
    program.signal('SIGUSR1');
    await program.record(FINISHED, { since });
    await program.recordsOf(3, /^worker \d finished/, { since });
    const order = ['start 0', 'stop 0', 'start 1', 'stop 1', 'start 2', 'stop 2'];
    expect(story(program, since, ['start', 'stop'])).toEqual(order);
    expect(program.records('unexpectedly')).toEqual([]);
    expect((await program.stop()).code).toBe(0);
    await program.allGone();
  });

  it('replaces restartConcurrency workers at once', async () => {
    const { program } = await up({ restartConcurrency: 3 });
    const since = program.now;
    program.signal('SIGUSR1');
    await program.record(FINISHED, { since });
    expect(story(program, since).slice(0, 3)).toEqual(['start 0', 'start 1', 'start 2']);
    await program.stop();
  });

  it.each([
    // Long enough for a slow machine to reach the fault.
    ['exit', 30, 'ended with status 7 before it was ready'],
    ['throw', 30, 'ended with status 1 before it was ready'],
    ['never ready', 3, 'was not ready after 3 s'],
  ])(
    'halts at the first replacement that fails (%s), keeps the old workers and logs the reason',
    async (boot, workerReadyTimeout, why) => {
      const { program, port } = await up({ workerReadyTimeout });
      const old = program.workerPids();
      program.setConfig({ ...ROLLING, workerReadyTimeout, boot });
      const since = program.now;
      program.signal('SIGUSR1');
      const halted = await program.record('rolling restart halted', { since });
      expect(halted.level).toBe('error');
      expect(halted.fields).toMatchObject({ why: expect.stringContaining(why) as string, kept: 3 });
      expect(old.every((pid) => isAlive(pid))).toBe(true);
      expect(old).toContain(Number(await ask(port)));
      expect(story(program, since)).toEqual(['start 0', 'end 0']);
      expect((await program.stop()).code).toBe(0);
      await program.allGone();
    },
  );

  it('halts at a replacement whose listen() failed, even without explicit readiness', async () => {
    const config = { ...ROLLING, workerReady: 'auto', workerReadyTimeout: 3 };
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const taken = (holder.address() as AddressInfo).port;
    try {
      const { program } = await up(config);
      await program.record(/^a worker has called ready\(\), but nothing waits.*workerReady is 'auto'/);
      program.setConfig({ ...config, boot: 'port taken', taken });
      program.signal('SIGUSR1');
      const { fields } = await program.record('rolling restart halted');
      expect(fields['why']).toContain('was not ready after 3 s');
      expect(JSON.stringify(program.records('lives with '))).toContain('EADDRINUSE');
      expect(program.records('a worker has called ready')).toHaveLength(1);
      await program.stop();
      await program.allGone();
    } finally {
      holder.close();
    }
  });

  it('refuses and loses no connection meanwhile', async () => {
    const { program, port } = await up();
    const over = new AbortController();
    let answers = 0;
    const load = Array.from({ length: 4 }, async () => {
      while (!over.signal.aborted) {
        expect(await ask(port)).toMatch(/^\d+$/);
        answers += 1;
      }
    });
    for (let round = 0; round < 2; round += 1) {
      const since = program.now;
      program.signal('SIGUSR1');
      await program.record(FINISHED, { since });
    }
    over.abort();
    await Promise.all(load);
    expect(answers).toBeGreaterThan(2);
    await program.stop();
  });

  it('continues when an old worker dies while its replacement boots', async () => {
    const { program } = await up();
    const since = program.now;
    const victim = program.workerPid(0);
    program.signal('SIGUSR1');
    await program.record('worker 0 started', { since });
    signalPid(victim, 'SIGKILL');
    await program.record('rolling restart finished', { since });
    await eventually(() => program.workingPids().length === 4, 'the server and three workers are left');
    await program.stop();
  });

  it('ends every process when a stop comes in the middle', async () => {
    const { program } = await up({ boot: 'never ready' });
    program.signal('SIGUSR1');
    await program.record({ message: 'worker 0 started', generation: 2 });
    expect((await program.stop()).code).toBe(0);
    await program.allGone();
  });

  it('begins again when a second restart overtakes the first', async () => {
    const { program } = await up({ boot: 'never ready', workerReadyTimeout: 60 });
    program.signal('SIGUSR1');
    await program.record({ message: 'worker 0 started', generation: 2 });
    program.setConfig(ROLLING);
    const since = program.now;
    program.signal('SIGUSR1');
    await program.record('rolling restart was overtaken', { since });
    await program.record(FINISHED, { since });
    await eventually(() => program.workingPids().length === 4, 'the server and three workers are left');
    await program.stop();
  });
});
