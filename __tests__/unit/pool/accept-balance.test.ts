import fc from 'fast-check';
import { workersToPause } from '../../../src/pool/accept-balance';
import { PoolWorld } from './pool-world';

const loads = (...connections: number[]) =>
  connections.map((count, serial) => ({ serial, connections: count }));

describe(workersToPause, () => {
  it.each([
    ['evenly', [], [100, 100, 100], []],
    ['one worker has slightly more', [], [140, 100, 60], []],
    ['one worker has many more', [], [200, 50, 50], [0]],
    ['few connections in all', [], [64, 0, 0], []],
    ['the others have not caught up yet', [0], [150, 120, 120], [0]],
    ['the others have caught up', [0], [130, 120, 120], []],
    ['few are left', [0], [60, 0, 0], []],
    ['two of many', [], [300, 300, 10, 10, 10, 10], [0, 1]],
    ['alone', [], [1000], []],
    ['nobody', [0], [], []],
  ])('%s', (_what, paused, connections, expected) =>
    expect([...workersToPause(new Set(paused), loads(...connections))]).toEqual(expected),
  );

  it('never pauses all workers', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2000), { minLength: 1 }), fc.array(fc.nat(20)), (connections, paused) => {
        expect(workersToPause(new Set(paused), loads(...connections)).size).toBeLessThan(connections.length);
      }),
    );
  });
});

describe('acceptBalance', () => {
  const setUp = (acceptBalance = true) => {
    const world = new PoolWorld({ workers: 2, workerType: 'process', acceptBalance });
    world.take({ kind: 'start' });
    world.launchAll();
    const measured = (first: number, second: number, sharesSockets = true) =>
      world.measured([
        [1, { connections: first, sharesSockets }],
        [2, { connections: second, sharesSockets }],
      ]);
    return {
      world,
      measured,
      kinds: () => world.news.map(({ kind }) => kind).filter((kind) => /accept/.test(kind)),
    };
  };

  it('pauses a worker repeatedly until the other has caught up', () => {
    const { world, measured, kinds } = setUp();
    measured(200, 20);
    expect([...world.pauses]).toEqual([[1, 5000]]);
    world.pauses.clear();
    measured(200, 100);
    expect([...world.pauses]).toEqual([[1, 5000]]);
    measured(200, 190);
    expect([...world.pauses]).toEqual([[1, 0]]);
    expect(kinds()).toEqual(['accept_paused', 'accept_resumed']);
  });

  it('resumes a worker at once when it is the only one left', () => {
    const { world, measured } = setUp();
    measured(200, 20);
    world.exited(2, null);
    expect([...world.pauses]).toEqual([[1, 0]]);
  });

  it('never pauses a worker with its own socket, or any worker once the key is unset', () => {
    const own = setUp();
    own.measured(200, 20, false);
    expect([...own.world.pauses]).toEqual([]);
    const off = setUp(false);
    off.measured(200, 20);
    expect([...off.world.pauses]).toEqual([]);
  });

  it('sends nothing more to a worker that was told to stop', () => {
    const { world, measured } = setUp();
    measured(200, 20);
    world.pauses.clear();
    world.take({ kind: 'stop', graceful: true, isAwaited: false });
    measured(200, 190);
    expect([...world.pauses]).toEqual([]);
  });
});
