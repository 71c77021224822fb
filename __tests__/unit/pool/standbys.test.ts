import type { PoolSettings } from '../../../src/pool/pool-state';
import { PoolWorld } from './pool-world';

/** Two workers that serve, and a full reserve. */
function ready(settings: Partial<PoolSettings> = {}): PoolWorld {
  const world = new PoolWorld({ workers: 2, standbyWorkers: 1, ...settings });
  world.take({ kind: 'start' });
  world.launchAll();
  world.advance(200);
  world.fillReserve();
  return world;
}

const kinds = (world: PoolWorld): readonly string[] =>
  [...world.state.standbys.values()].map(({ kind }) => kind);
const told = (world: PoolWorld) => world.news.map(({ kind }) => kind);
const givenUp = (world: PoolWorld, serial: number, isListening = true): void => {
  world.take({ kind: 'given_up', serial, reason: 'heartbeat_timeout', isListening });
};

describe('the reserve', () => {
  it('is filled one by one, once a worker is ready and none is starting', () => {
    const world = new PoolWorld({ workers: 2, standbyWorkers: 2 });
    world.take({ kind: 'start' });
    expect(world.asked.size).toBe(0);
    world.launchAll();
    expect(world.asked.size).toBe(0);
    world.advance(200);
    expect(world.asked.size).toBe(1);
    const [first] = world.asked;
    world.standbyLaunched(first!);
    expect(world.asked.size).toBe(0);
    world.standbyReady(first!);
    expect(world.asked.size).toBe(1);
    world.fillReserve();
    expect(kinds(world)).toEqual(['ready', 'ready']);
    expect(world.asked.size).toBe(0);
  });

  it('replaces a worker that dies in the same step, and is refilled when that one runs', () => {
    const world = ready();
    const [standby] = world.reserve;
    world.exited(1, null);
    expect(world.actions.at(-1)).toEqual({ kind: 'assign', serial: standby, workerId: 0, generation: 2 });
    expect(world.places()).toEqual(['launching', 'serving 1']);
    expect(world.asked.size).toBe(0);
    world.launched(standby!);
    expect(world.places()).toEqual(['serving 2', 'serving 1']);
    expect(world.asked.size).toBe(0);
    world.ready(standby!);
    // No other start takes processor time until it answers.
    world.advance(299);
    expect(world.asked.size).toBe(0);
    world.advance(1);
    expect(world.asked.size).toBe(1);
  });

  it('waits for the backoff of its place, as any start does', () => {
    const world = ready({ restartBackoffMinMs: 1000 });
    world.exited(1, 1);
    world.launchAll();
    world.advance(300);
    world.fillReserve();
    const [serial] = [...world.living].find(([, { workerId }]) => workerId === 0)!;
    world.exited(serial, 1);
    expect(world.place(0)).toBe('waiting');
    expect(kinds(world)).toEqual(['ready']);
    world.advance(1300);
    expect(world.place(0)).toBe('launching');
    expect(world.actions.at(-1)).toMatchObject({ kind: 'assign', workerId: 0 });
  });

  it('needs no room among the starts', () => {
    const world = ready({ startWorkerConcurrency: 1, workers: 2 });
    world.exited(1, null);
    world.exited(2, null);
    // The second one starts in the usual way and takes the room.
    expect(world.actions.filter(({ kind }) => kind === 'assign')).toHaveLength(1);
    expect(world.places()).toEqual(['launching', 'waiting']);
    world.launchAll();
    expect(world.places()).toEqual(['serving 2', 'serving 2']);
  });

  it('is reloaded by a reload and by a restart, with the reason for the old standbys', () => {
    for (const event of [
      { kind: 'reloaded', to: 2 } as const,
      { kind: 'restart', graceful: true, listening: new Set<number>() } as const,
    ]) {
      const world = ready();
      const [standby] = world.reserve;
      world.take(event);
      expect(world.actions).toContainEqual(
        expect.objectContaining({ kind: 'tell_to_stop', serial: standby, reason: 'standby_refresh' }),
      );
      expect(kinds(world)).toContain('stopping');
      world.standbyExited(standby!);
      for (let round = 0; round < 10; round += 1) {
        world.launchAll();
        for (const [serial, { reason }] of world.told)
          if (reason === 'restart' && world.living.has(serial)) world.exited(serial);
        world.fillReserve();
      }
      expect(kinds(world)).toEqual(['ready']);
      expect(world.reserve.has(standby!)).toBe(false);
    }
  });

  it('does not hold up a stop while a standby is being started', () => {
    const world = ready();
    world.exited([...world.living.keys()][0]!, null);
    world.launchAll();
    world.advance(300);
    const [asked] = world.asked;
    expect(kinds(world)).toEqual(['launching']);
    world.take({ kind: 'stop', graceful: true, isAwaited: false });
    world.take({ kind: 'stop', graceful: true, isAwaited: false });
    expect(world.actions.filter(({ kind }) => kind === 'start_no_more')).toHaveLength(1);
    for (const serial of [...world.living.keys()]) world.exited(serial);
    expect([kinds(world), world.ends]).toEqual([['stopping'], []]);
    world.take({ kind: 'launch_left', serial: asked! });
    expect(world.ends).toHaveLength(1);
  });

  it('serves a rollout, too', () => {
    const world = ready({ restartConcurrency: 1 });
    world.take({ kind: 'restart', graceful: true, listening: new Set([1, 2]) });
    world.standbyExited([...world.ended][0]!);
    world.launchAll();
    world.fillReserve();
    world.closed(1);
    expect(world.actions.filter(({ kind }) => kind === 'assign')).toEqual([
      expect.objectContaining({ workerId: 1, generation: 2 }),
    ]);
  });

  it('is as large as the settings say, and empty without workers', () => {
    const world = ready({ standbyWorkers: 2 });
    world.fillReserve();
    expect(world.reserve.size).toBe(2);
    Object.assign(world.settings, { standbyWorkers: 1 });
    world.take({ kind: 'look' });
    expect(world.ended.size).toBe(1);
    world.take({ kind: 'scale', to: 0 });
    expect(world.ended.size).toBe(2);
  });
});

describe('a standby that fails', () => {
  it.each([
    [
      'in its boot',
      (world: PoolWorld, serial: number) => {
        world.standbyLaunched(serial);
        world.standbyExited(serial, 1);
      },
    ],
    ['before it has a process', (world: PoolWorld, serial: number) => world.failed(serial)],
    [
      'as soon as it is ready',
      (world: PoolWorld, serial: number) => {
        world.standbyLaunched(serial);
        world.standbyReady(serial);
        world.standbyExited(serial, 1);
      },
    ],
  ])('%s is replaced with growing delays, and affects no worker', (_when, fail) => {
    const world = new PoolWorld({ workers: 1, standbyWorkers: 1, maxRestarts: 1 });
    world.take({ kind: 'start' });
    world.launchAll();
    world.advance(200);
    const waits: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      const [serial] = world.asked;
      fail(world, serial!);
      const since = world.now;
      if (world.asked.size === 0) world.advance(world.dueAt() - world.now);
      waits.push(world.now - since);
    }
    expect(waits).toEqual([0, 100, 200, 400, 800, 1600]);
    expect(world.places()).toEqual(['serving 1']);
    expect(world.state.crashTimes).toEqual([]);
    expect(told(world).filter((kind) => kind === 'standby_delayed')).toHaveLength(5);
  });

  it('is ended when it is not ready in time', () => {
    const world = new PoolWorld({ workers: 1, standbyWorkers: 1 });
    world.take({ kind: 'start' });
    world.launchAll();
    world.advance(200);
    world.standbyLaunched([...world.asked][0]!);
    world.advance(29_999);
    expect(world.ended.size).toBe(0);
    world.advance(1);
    expect(world.actions).toContainEqual(
      expect.objectContaining({ kind: 'tell_to_stop', graceful: false, reason: 'ready_timeout' }),
    );
    // The next one is started at once, as after any first failure. The one after that is delayed.
    const [second] = world.asked;
    world.standbyLaunched(second!);
    world.advance(30_000);
    expect(world.asked.size).toBe(0);
  });
});

describe('a worker that hangs', () => {
  it('loses its place to a standby before it has ended', () => {
    const world = ready();
    givenUp(world, 1);
    expect(world.places()).toEqual(['launching', 'serving 1']);
    world.launchAll();
    expect(world.places()).toEqual(['serving 2', 'serving 1']);
    world.exited(1, null);
    expect(world.places()).toEqual(['serving 2', 'serving 1']);
    expect(told(world)).toContain('healing');
  });

  it('counts as one crash', () => {
    const world = ready({ maxRestarts: 5 });
    givenUp(world, 1);
    world.launchAll();
    world.exited(1, null);
    expect(world.state.crashTimes).toHaveLength(1);
  });

  it.each([
    ['there is no standby', { standbyWorkers: 0 }, true],
    ['it does not share a socket', { restartStrategy: 'auto' as const }, false],
    ['its group restarts all at once', { restartStrategy: 'all' as const }, true],
  ])('keeps its place until its end when %s', (_why, settings, isListening) => {
    const world = ready(settings);
    givenUp(world, 1, isListening);
    expect(world.place(0)).toBe('serving 1');
  });

  it('is left alone once the pool stops', () => {
    const world = ready();
    world.take({ kind: 'stop', graceful: true, isAwaited: false });
    givenUp(world, 1);
    expect(world.place(0)).toBe('stopping 1');
  });
});

describe('a stop', () => {
  it('ends the reserve, and waits for its end', () => {
    const world = ready();
    const [standby] = world.reserve;
    world.take({ kind: 'stop', graceful: true, isAwaited: false });
    world.exited(1);
    world.exited(2);
    expect(world.ends).toEqual([]);
    world.standbyExited(standby!);
    expect(world.ends).toHaveLength(1);
  });

  it('ends a standby without a process as soon as it has one', () => {
    const world = new PoolWorld({ workers: 1, standbyWorkers: 1 });
    world.take({ kind: 'start' });
    world.launchAll();
    world.advance(200);
    const [serial] = world.asked;
    world.take({ kind: 'stop', graceful: true, isAwaited: false });
    world.exited(1);
    expect(world.ends).toEqual([]);
    world.standbyLaunched(serial!);
    expect(world.actions.at(-1)).toMatchObject({ kind: 'tell_to_stop', serial });
    world.standbyExited(serial!);
    expect(world.ends).toHaveLength(1);
  });
});
