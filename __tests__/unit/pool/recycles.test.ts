import type { PoolSettings } from '../../../src/pool/pool-state';
import { recycleReason } from '../../../src/pool/recycles';
import { PoolWorld } from './pool-world';

const NONE = { workerMaxMemory: undefined, workerMaxAgeMs: undefined, workerMaxJobs: undefined };

describe(recycleReason, () => {
  const worker = { startedAt: 1000, jitter: 0 };

  it.each([
    ['no limits', { rssBytes: 1e12, jobs: 1e9 }, {}, undefined],
    ['memory is below its limit', { rssBytes: 99 }, { workerMaxMemory: 100 }, undefined],
    ['memory has reached it', { rssBytes: 100 }, { workerMaxMemory: 100 }, 'max_memory'],
    ['the heap of a thread has reached it', { heapUsedBytes: 100 }, { workerMaxMemory: 100 }, 'max_memory'],
    ['it does not report its memory', {}, { workerMaxMemory: 100 }, undefined],
    ['it is not old enough', {}, { workerMaxAgeMs: 9001 }, undefined],
    ['it is old enough', {}, { workerMaxAgeMs: 9000 }, 'max_age'],
    ['it has done too few jobs', { jobs: 9 }, { workerMaxJobs: 10 }, undefined],
    ['it has done enough jobs', { jobs: 10 }, { workerMaxJobs: 10 }, 'max_jobs'],
    [
      'all limits are reached',
      { rssBytes: 9, jobs: 9 },
      { workerMaxMemory: 1, workerMaxAgeMs: 1, workerMaxJobs: 1 },
      'max_memory',
    ],
  ])('%s', (_what, measure, limits, reason) => {
    expect(recycleReason(worker, measure, { ...NONE, ...limits }, 10_000)).toBe(reason);
  });

  it('comes up to a tenth earlier by the jitter of the worker, but not for memory', () => {
    const early = { startedAt: 1000, jitter: 1 };
    expect(recycleReason(early, {}, { ...NONE, workerMaxAgeMs: 10_000 }, 10_000)).toBe('max_age');
    expect(recycleReason(early, { jobs: 90 }, { ...NONE, workerMaxJobs: 100 }, 10_000)).toBe('max_jobs');
    expect(recycleReason(early, { rssBytes: 99 }, { ...NONE, workerMaxMemory: 100 }, 10_000)).toBeUndefined();
  });
});

function serving(settings: Partial<PoolSettings> = {}): PoolWorld {
  const world = new PoolWorld({ workers: 3, workerMaxMemory: 100, ...settings });
  world.take({ kind: 'start' });
  world.launchAll();
  return world;
}

const greedy = { rssBytes: 200 };
const kinds = (world: PoolWorld) => world.news.map(({ kind }) => kind);

describe('recycling', () => {
  it('measures once a second, and not at all without a limit or after a stop', () => {
    const world = serving();
    const first = world.measures;
    world.advance(5000);
    expect(world.measures - first).toBe(5);
    world.take({ kind: 'stop', graceful: true, isAwaited: false });
    world.advance(5000);
    expect(world.measures - first).toBe(5);
    const free = serving({ workerMaxMemory: undefined });
    free.advance(5000);
    expect(free.measures).toBe(0);
  });

  it('starts replacements first, restartConcurrency at once, with the reason', () => {
    const world = serving();
    world.measured([
      [1, greedy],
      [2, greedy],
      [3, { rssBytes: 10 }],
    ]);
    expect(world.places()).toEqual(['replacing 1', 'serving 1', 'serving 1']);
    world.launchAll();
    expect(world.told.get(1)).toMatchObject({ graceful: true, reason: 'max_memory' });
    expect(world.places()).toEqual(['serving 2', 'serving 1', 'serving 1']);
    world.exited(1);
    expect(world.places()).toEqual(['serving 2', 'replacing 1', 'serving 1']);
    expect(kinds(world).filter((kind) => kind.startsWith('recycl'))).toEqual([
      'recycling',
      'recycled',
      'recycling',
    ]);
    expect(world.state.crashTimes).toEqual([]);
  });

  it('replaces a worker whose heap stays nearly full once it is old enough, with a log record', () => {
    const world = serving({ workerMaxMemory: undefined, workerType: 'process' });
    const near = (fill: number) => world.measured([[1, { heapFill: fill }]]);
    const look = (fill: number) => {
      world.advance(1000);
      near(fill);
    };
    for (let second = 0; second < 9; second += 1) look(0.95);
    expect(world.place(0)).toBe('serving 1');
    look(0.5);
    look(0.95);
    look(0.8);
    look(0.84);
    expect(world.place(0)).toBe('serving 1');
    look(0.9);
    expect(world.place(0)).toBe('replacing 1');
    world.launchAll();
    expect(world.told.get(1)).toMatchObject({ graceful: true, reason: 'max_memory', heapFill: 0.9 });
    expect(world.news).toContainEqual(expect.objectContaining({ kind: 'recycling', heapFill: 0.9 }));
    expect(world.measures).toBeGreaterThan(9);
  });

  it('logs once that a memory limit cannot be kept when no worker reports memory', () => {
    const world = serving();
    const silent = () => world.measured([1, 2, 3].map((serial) => [serial, {}]));
    world.advance(9999);
    silent();
    expect(kinds(world)).not.toContain('memory_unknown');
    world.advance(1);
    silent();
    silent();
    expect(kinds(world).filter((kind) => kind === 'memory_unknown')).toHaveLength(1);
    expect(world.places()).toEqual(['serving 1', 'serving 1', 'serving 1']);
  });

  it('replaces a standby that exceeds its memory before its use, with a delay while that repeats', () => {
    const world = serving({ standbyWorkers: 1 });
    world.advance(10_000);
    world.fillReserve();
    const [standby] = [...world.reserve];
    world.measured([[standby!, { rssBytes: 99 }]]);
    expect([...world.ended]).toEqual([]);
    world.measured([[standby!, greedy]]);
    expect([...world.ended]).toEqual([standby]);
    expect(world.news).toContainEqual(
      expect.objectContaining({ kind: 'standby_greedy', memoryBytes: 200, limitBytes: 100 }),
    );
    world.standbyExited(standby!);
    world.fillReserve();
    const [second] = [...world.reserve];
    world.measured([[second!, greedy]]);
    world.standbyExited(second!);
    expect(kinds(world)).toContain('standby_delayed');
    expect(world.places()).toEqual(['serving 1', 'serving 1', 'serving 1']);
  });

  it('stops a worker first when it does not share a socket, and waits for the next one', () => {
    const world = serving({ restartStrategy: 'auto' });
    world.measured([
      [1, { ...greedy, isListening: false }],
      [2, { ...greedy, isListening: false }],
    ]);
    expect(world.told.get(1)).toMatchObject({ graceful: true, reason: 'max_memory', isHurried: true });
    expect(world.places()).toEqual(['stopping 1', 'serving 1', 'serving 1']);
    world.exited(1);
    expect(world.places()).toEqual(['launching', 'serving 1', 'serving 1']);
    world.launchAll();
    expect(world.places()).toEqual(['serving 2', 'stopping 1', 'serving 1']);
  });

  it('forgets a worker that is below its limit again, gone, or told to stop', () => {
    const world = serving();
    world.measured([1, 2, 3].map((serial) => [serial, greedy]));
    world.measured([[2, { rssBytes: 1 }]]);
    world.launchAll();
    world.exited(1);
    expect(world.places()).toEqual(['serving 2', 'serving 1', 'serving 1']);
    world.measured([[3, greedy]]);
    expect(world.place(2)).toBe('replacing 1');
  });

  it('keeps the old worker when the next one fails, and retries after a while', () => {
    const world = serving({ restartBackoffMaxMs: 5000 });
    world.measured([[1, greedy]]);
    const [serial] = world.launching.keys();
    world.launched(serial!);
    world.exited(serial!, 1);
    expect(world.place(0)).toBe('serving 1');
    expect(kinds(world)).toContain('recycle_failed');
    world.measured([[1, greedy]]);
    expect(world.place(0)).toBe('serving 1');
    world.advance(5000);
    expect(world.place(0)).toBe('replacing 1');
  });

  it('ends a replacement that is not ready in time', () => {
    const world = serving();
    world.measured([[1, greedy]]);
    const [serial] = world.launching.keys();
    world.launched(serial!);
    world.advance(30_000);
    expect(world.told.get(serial!)).toMatchObject({ reason: 'ready_timeout' });
    expect(world.place(0)).toBe('serving 1');
  });

  it('leaves it to a rollout, which replaces every worker', () => {
    const world = serving();
    world.measured([[1, greedy]]);
    world.take({ kind: 'restart', graceful: true, listening: new Set([1, 2, 3]) });
    expect(world.state.recycles).toEqual([]);
    world.measured([[2, greedy]]);
    expect(world.places()).toEqual(['replacing 1', 'serving 1', 'serving 1']);
    for (let round = 0; round < 10; round += 1) {
      world.launchAll();
      for (const serial of [...world.living.keys()]) if (world.told.has(serial)) world.exited(serial);
    }
    expect(world.answers).toEqual([
      expect.objectContaining({ result: expect.objectContaining({ ok: true, replaced: 3 }) as unknown }),
    ]);
  });

  it('uses a standby', () => {
    const world = serving({ standbyWorkers: 1 });
    world.advance(200);
    world.fillReserve();
    world.measured([[1, greedy]]);
    expect(world.actions.at(-1)).toMatchObject({ kind: 'assign', workerId: 0, generation: 2 });
  });
});
