import type { RestartResult, UnreachedWorker } from '../../../src/contract/results';
import type { PoolEnd, WorkerPool } from '../../../src/pool/pool';
import { Pools, type PoolsDeps } from '../../../src/server/pools';
import { restartOfAll } from '../../../src/server/restart-results';

const held: RestartResult = { ok: true, outcome: 'held', replaced: 2, kept: 0, tookMs: 30 };
const failed = { group: 'Queue', workerId: 1, why: 'not ready' };
const halted: RestartResult = {
  ok: false,
  reason: 'not ready',
  outcome: 'halted',
  replaced: 0,
  kept: 1,
  failed,
  tookMs: 50,
};
const overtaken: RestartResult = {
  ok: false,
  reason: 'a stop came first',
  outcome: 'overtaken',
  replaced: 1,
  kept: 1,
  tookMs: 5,
};

function pool(end: PoolEnd = { kind: 'stopped' }) {
  const fake = {
    target: 2,
    up: Promise.resolve(),
    ended: Promise.resolve(end),
    start: () => {},
    reload: () => {},
    stop: () => {},
    restart: jest.fn(() => Promise.resolve(held)),
    scale: jest.fn((to: number) => ({ ok: true, from: 2, to })),
    whyNoMessages: undefined as string | undefined,
    broadcast: jest.fn(() => Promise.resolve({ ok: true, reached: 2, failed: [] as UnreachedWorker[] })),
  };
  return fake as typeof fake & WorkerPool;
}

const NO_AUTOSCALING = { look: () => {}, refusal: () => undefined, end: () => {} };

function setUp(
  groups: readonly string[] = ['Web', 'Queue'],
  whyNoRestart?: string,
  autoscaling: PoolsDeps['autoscaling'] = NO_AUTOSCALING,
) {
  return new Pools({ groups, workers: () => 2, whyNoRestart: () => whyNoRestart, autoscaling });
}

describe(Pools, () => {
  it('restarts every group, or the named one', async () => {
    const [web, queue] = [pool(), pool()];
    const pools = setUp();
    pools.take([web, queue]);
    expect(await pools.restart(true)).toMatchObject({ ok: true, outcome: 'held', replaced: 4 });
    expect(await pools.restart(false, 'Queue')).toMatchObject({ replaced: 2 });
    expect(web.restart.mock.calls).toEqual([[true]]);
    expect(queue.restart.mock.calls).toEqual([[true], [false]]);
  });

  it('restarts once for all callers of one turn, and immediately when one of them requests that', async () => {
    const web = pool();
    const pools = setUp(['Web']);
    pools.take([web]);
    const results = await Promise.all([pools.restart(true), pools.restart(false), pools.restart(true)]);
    expect(web.restart.mock.calls).toEqual([[false]]);
    expect(results).toHaveLength(3);
  });

  it('restarts nothing before there are workers or after a stop', async () => {
    expect(await setUp().restart(true)).toMatchObject({ ok: true, outcome: 'held', replaced: 0 });
    const web = pool();
    const stopping = setUp(['Web'], 'the server is stopping');
    stopping.take([web]);
    expect(await stopping.restart(true)).toMatchObject({ ok: false, reason: 'the server is stopping' });
    expect(web.restart).not.toHaveBeenCalled();
  });

  it('scales one group, and remembers the number until there are workers', () => {
    const [web, queue] = [pool(), pool()];
    const pools = setUp();
    expect(pools.scale(5, 'Queue')).toEqual({ ok: true, from: 2, to: 5 });
    expect(pools.scaleBy(1, 'Queue')).toEqual({ ok: true, from: 5, to: 6 });
    pools.take([web, queue]);
    expect(queue.scale.mock.calls).toEqual([[6]]);
    expect(pools.scaleBy(-9, 'Web')).toEqual({ ok: true, from: 2, to: 1 });
  });

  it('refuses to scale an autoscaled group', () => {
    const web = pool();
    const autoscaling = { look: jest.fn(), refusal: () => 'autoscale decides', end: jest.fn() };
    const pools = setUp(['Web'], undefined, autoscaling);
    expect(pools.scale(5)).toEqual({ ok: false, reason: 'autoscale decides', from: 2, to: 2 });
    pools.take([web]);
    expect(pools.scaleBy(1)).toEqual({ ok: false, reason: 'autoscale decides', from: 2, to: 2 });
    expect(web.scale).not.toHaveBeenCalled();
  });

  it('passes the start, a reload and the stop on to autoscaling', () => {
    const web = pool();
    const autoscaling = { look: jest.fn(), refusal: () => undefined, end: jest.fn() };
    const pools = setUp(['Web'], undefined, autoscaling);
    pools.take([web]);
    expect(autoscaling.look).not.toHaveBeenCalled();
    pools.start();
    pools.reload();
    expect(autoscaling.look.mock.calls).toEqual([[new Map([['Web', web]])], [new Map([['Web', web]])]]);
    expect(autoscaling.end).not.toHaveBeenCalled();
    pools.stop(true, false);
    expect(autoscaling.end).toHaveBeenCalled();
  });

  it.each<[string, () => unknown, string]>([
    [
      'an unknown group',
      () => setUp().scale(1, 'Wep'),
      'scale(): there is no group "Wep". The groups are: Web, Queue.',
    ],
    ['no group of several', () => setUp().scale(1), 'scale(): say which group. The groups are: Web, Queue.'],
    ['no number', () => setUp().scale(1.5, 'Web'), 'scale(): workers must be an integer >= 0, got 1.5.'],
    [
      'an unknown group to restart',
      () => setUp().restart(true, 'x'),
      'restart(): there is no group "x". The groups are: Web, Queue.',
    ],
  ])('refuses %s', (_what, call, message) => {
    expect(call).toThrow(message);
  });

  it('ends with all groups, with the status of the first that gave up', async () => {
    const pools = setUp();
    pools.take([pool(), pool({ kind: 'crash_limit' })]);
    expect(await pools.allEnded()).toEqual({ kind: 'crash_limit' });
  });
});

describe('restartOfAll', () => {
  it.each<[RestartResult[], Partial<RestartResult>]>([
    [[held, held], { ok: true, outcome: 'held', replaced: 4, kept: 0, tookMs: 30 }],
    [
      [held, overtaken],
      { ok: false, outcome: 'overtaken', reason: 'a stop came first', replaced: 3, kept: 1 },
    ],
    [
      [overtaken, halted, held],
      { ok: false, outcome: 'halted', reason: 'not ready', failed, replaced: 3, kept: 2, tookMs: 50 },
    ],
  ])('merges %j', (results, all) => {
    expect(restartOfAll(results)).toMatchObject(all);
  });
});

describe('a broadcast', () => {
  const mute = { group: 'Queue', workerId: 0, reason: 'Queue has no onMessage()' };

  it('goes to all groups or to one, with one result for all', async () => {
    const [web, queue] = [pool(), pool()];
    const pools = setUp();
    pools.take([web, queue]);
    queue.broadcast.mockResolvedValue({ ok: false, reached: 1, failed: [mute] });
    expect(await pools.broadcast({ a: 1 })).toEqual({ ok: false, reached: 3, failed: [mute] });
    expect(await pools.broadcast({ a: 1 }, { group: 'Web' })).toEqual({ ok: true, reached: 2, failed: [] });
    expect(web.broadcast).toHaveBeenCalledTimes(2);
    expect(() => pools.broadcast(1, { group: 'None' })).toThrow(/broadcast\(\): there is no group "None"/);
    expect(() => pools.broadcast(() => {})).toThrow(/message must be plain data/);
  });

  it('omits workers without onMessage(), and throws when there are no others', async () => {
    const [web, queue] = [pool(), pool()];
    const pools = setUp();
    pools.take([web, queue]);
    web.whyNoMessages = 'they are programs';
    expect(await pools.broadcast(1)).toEqual({ ok: true, reached: 2, failed: [] });
    expect(web.broadcast).not.toHaveBeenCalled();
    expect(() => pools.broadcast(1, { group: 'Web' })).toThrow(
      /broadcast\(\) reaches nobody: they are programs/,
    );
    queue.whyNoMessages = 'they are programs';
    expect(() => pools.broadcast(1)).toThrow(/reaches nobody/);
  });

  it('reaches no worker before there are any', async () => {
    expect(await setUp().broadcast(1)).toEqual({ ok: true, reached: 0, failed: [] });
  });
});
