import { FakeClock } from '../../../src/testing/fake-clock';
import type { DeathRecord } from '../../../src/contract/status';
import type { RestartResult } from '../../../src/contract/results';
import { FirstRoundWatch } from '../../../src/server/watch-first-round';

const PACE = { workerReadyTimeoutMs: 30_000, startWorkerDelayMs: 0, startWorkerDelayRand: 0.2 };

/** A server with two web workers and one queue worker. */
function setUp(pace = PACE) {
  const clock = new FakeClock();
  const results: RestartResult[] = [];
  const passedOn: string[] = [];
  const watch = new FirstRoundWatch(clock, (result) => results.push(result));
  const emit = watch.listening((event) => passedOn.push(event));
  const pools = [{ target: 2 }, { target: 1 }];
  watch.begin(['web', 'queue'], pools, () => pace);
  const who = (group: string, workerId: number) => ({ group, workerId, generation: 1, pid: 1 });
  return {
    clock,
    results,
    passedOn,
    pools,
    started: (group: string, workerId: number) => emit('workerStarted', who(group, workerId)),
    ready: (group: string, workerId: number) => emit('workerReady', { ...who(group, workerId), startMs: 1 }),
    ended: (group: string, workerId: number, more: Partial<DeathRecord> = {}) =>
      emit('workerExited', {
        ...who(group, workerId),
        reason: 'crash',
        code: 3,
        signal: null,
        uptimeMs: 1,
        at: 0,
        ...more,
      }),
  };
}

describe('the first workers of a server', () => {
  it('succeed once when all of them are ready', () => {
    const { clock, results, passedOn, started, ready, ended } = setUp();
    started('web', 0);
    ready('web', 0);
    ready('queue', 0);
    clock.advance(500);
    expect(results).toEqual([]);
    ready('web', 1);
    expect(results).toEqual([{ ok: true, outcome: 'held', replaced: 3, kept: 0, tookMs: 500 }]);
    ended('web', 1);
    clock.advance(60_000);
    expect(results).toHaveLength(1);
    expect(passedOn).toEqual(['workerStarted', 'workerReady', 'workerReady', 'workerReady', 'workerExited']);
    expect(clock.pending).toBe(0);
  });

  it.each([
    [{ code: 3 }, 'it ended with status 3 before it was ready'],
    [{ code: null, signal: 'SIGKILL' as const }, 'it ended with signal SIGKILL before it was ready'],
    [{ pid: undefined, code: null, error: 'spawn ENOENT' }, 'it could not be started: spawn ENOENT'],
  ])('fail with the one that has ended: %j', (end, why) => {
    const { results, ready, ended } = setUp();
    ready('web', 0);
    ended('web', 1, end);
    const failed = { group: 'web', workerId: 1, why };
    expect(results).toEqual([
      { ok: false, outcome: 'halted', replaced: 1, kept: 0, failed, reason: why, tookMs: 0 },
    ]);
  });

  it('tolerate one that was ready before it ended, or that was ended by a command', () => {
    const { results, ready, ended } = setUp();
    ready('web', 0);
    ended('web', 0);
    ended('web', 1, { reason: 'restart', code: 0 });
    ended('queue', 0, { reason: 'stop', code: 0 });
    expect(results).toEqual([]);
    ready('web', 1);
    ready('queue', 0);
    expect(results).toMatchObject([{ ok: true, replaced: 3 }]);
  });

  it('get the time that one after the other needs to start and become ready', () => {
    const { clock, results, started, ready } = setUp();
    for (const [group, workerId] of [
      ['web', 0],
      ['web', 1],
    ] as const) {
      clock.advance(29_999);
      started(group, workerId);
      clock.advance(29_999);
      ready(group, workerId);
    }
    expect(results).toEqual([]);
    clock.advance(30_000);
    const why = 'it was not ready after 30 s';
    expect(results).toMatchObject([{ ok: false, replaced: 2, failed: { group: 'queue', workerId: 0, why } }]);
  });

  it('get more time when startWorkerDelay spaces them', () => {
    const { clock, results } = setUp({ ...PACE, startWorkerDelayMs: 10_000 });
    clock.advance(41_999);
    expect(results).toEqual([]);
    clock.advance(1);
    expect(results).toHaveLength(1);
  });

  it('do not wait for workers that are no longer wanted', () => {
    const { clock, results, pools, ready } = setUp();
    ready('web', 0);
    ready('queue', 0);
    pools[0]!.target = 1;
    clock.advance(30_000);
    expect(results).toMatchObject([{ ok: true, replaced: 2 }]);
  });
});
