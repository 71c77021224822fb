import { loadConfig } from '../../../src/config/load';
import type { WorkerPool } from '../../../src/pool/pool';
import { Autoscaler } from '../../../src/server/autoscaler';
import { Autoscaling } from '../../../src/server/autoscaling';
import { FakeClock } from '../../../src/testing/fake-clock';
import { fakeLogger } from '../contract/fake-logger';

const MB = 2 ** 20;
const AUTOSCALE = { min: 1, max: 4, target: 0.5 };

/** Workers with the given load. */
function busyPool() {
  const state = { target: 1, utilization: 1 as number | undefined };
  const scaled: number[] = [];
  const pool = {
    status: () => ({
      group: {
        name: 'Web',
        type: 'process' as const,
        target: state.target,
        strategy: 'auto',
        start: 'spawn',
        startInUse: 'spawn' as const,
      },
      workers: Array.from({ length: state.target }, (_, workerId) => ({
        workerId,
        state: 'running' as const,
        utilization: state.utilization,
        rssBytes: 50 * MB,
      })),
      standby: [],
      rollout: undefined,
      deaths: [],
    }),
    scale: (to: number) => {
      const from = state.target;
      state.target = to;
      scaled.push(to);
      return { ok: true, from, to };
    },
  } as unknown as WorkerPool;
  return { pool, state, scaled };
}

function config(raw: Record<string, unknown>) {
  return loadConfig({ raw: { workerType: 'process', ...raw }, env: {} }).engine;
}

function setUp(limitMb = 10_000) {
  const clock = new FakeClock();
  const logger = fakeLogger();
  const { pool, state, scaled } = busyPool();
  const settings = { engine: config({ autoscale: AUTOSCALE, workerHeartbeatInterval: 2 }), isEnding: false };
  const onOff = jest.fn();
  const scaler = new Autoscaler({
    pool,
    fields: { group: 'Web' },
    engine: () => settings.engine,
    isEnding: () => settings.isEnding,
    onOff,
    memory: () => ({ limitBytes: limitMb * MB, usedBytes: undefined, ownBytes: undefined }),
    logger,
    clock,
  });
  return { clock, logger, state, scaled, settings, onOff, scaler };
}

describe(Autoscaler, () => {
  it('samples once a heartbeat, scales, and logs from, to and why', () => {
    const { clock, logger, scaled } = setUp();
    clock.advance(9_999);
    expect(scaled).toEqual([]);
    clock.advance(1);
    expect(scaled).toEqual([2]);
    expect(logger.info.mock.calls).toEqual([
      [
        'autoscale changes the number of workers',
        { group: 'Web', from: 1, to: 2, why: 'busy', utilization: 1, target: 0.5, fitting: 180 },
      ],
    ]);
    clock.advance(10_000);
    expect(scaled).toEqual([2, 4]);
  });

  it('logs that there is no memory for more', () => {
    const { clock, logger, scaled } = setUp(60);
    clock.advance(60_000);
    expect(scaled).toEqual([]);
    expect(logger.warn.mock.calls).toEqual([
      [
        'autoscale would add workers, but there is no memory for them',
        { group: 'Web', workers: 1, utilization: 1, target: 0.5, fitting: 1 },
      ],
    ]);
  });

  it('does not change the number while the server ends', () => {
    const { clock, settings, scaled } = setUp();
    settings.isEnding = true;
    clock.advance(60_000);
    expect(scaled).toEqual([]);
  });

  it('follows a reload of its bounds, and ends when the key is removed', () => {
    const { clock, settings, scaled, onOff } = setUp();
    settings.engine = config({ autoscale: { ...AUTOSCALE, min: 3 } });
    clock.advance(2_000);
    expect(scaled).toEqual([3]);
    settings.engine = config({});
    clock.advance(1_000);
    expect(onOff).toHaveBeenCalledTimes(1);
    expect(clock.pending).toBe(0);
  });

  it('has no timer after its end', () => {
    const { clock, scaler } = setUp();
    scaler.end();
    expect(clock.pending).toBe(0);
  });
});

describe(Autoscaling, () => {
  // In jest, a late import is there before the next turn: no time needs to pass.
  const loaded = () => new Promise((resolve) => setImmediate(resolve));

  function ofGroups(engines: Record<string, ReturnType<typeof config>>) {
    const clock = new FakeClock();
    const logger = fakeLogger();
    const autoscaling = new Autoscaling({
      engine: (group) => engines[group]!,
      isEnding: () => false,
      logger,
      clock,
    });
    const pools = new Map(Object.keys(engines).map((group) => [group, busyPool()]));
    const look = () => autoscaling.look(new Map([...pools].map(([group, { pool }]) => [group, pool])));
    return { autoscaling, clock, logger, pools, look, engines };
  }

  it('does nothing when the key is not set', async () => {
    const { clock, look } = ofGroups({ Web: config({}) });
    look();
    await loaded();
    expect(clock.pending).toBe(0);
  });

  it('scales each group that has the key, once, until the stop', async () => {
    const { autoscaling, clock, pools, look } = ofGroups({
      Web: config({}),
      Jobs: config({ autoscale: AUTOSCALE }),
    });
    look();
    look();
    await loaded();
    expect(clock.pending).toBe(1);
    clock.advance(5_000);
    expect([pools.get('Web')?.scaled, pools.get('Jobs')?.scaled]).toEqual([[], [2]]);
    autoscaling.end();
    expect(clock.pending).toBe(0);
    look();
    await loaded();
    expect(clock.pending).toBe(0);
  });

  it('starts and ends on reloads, repeatedly', async () => {
    const { clock, look, engines } = ofGroups({ Web: config({}) });
    for (let time = 0; time < 2; time += 1) {
      engines['Web'] = config({ autoscale: AUTOSCALE });
      look();
      await loaded();
      expect(clock.pending).toBe(1);
      engines['Web'] = config({});
      clock.advance(1_000);
      expect(clock.pending).toBe(0);
    }
  });

  it('logs a failed start, and retries at the next reload', async () => {
    const { clock, logger, look } = ofGroups({ Web: config({ autoscale: AUTOSCALE }) });
    const error = new Error('Cannot find module');
    jest.spyOn(clock, 'after').mockImplementationOnce(() => {
      throw error;
    });
    look();
    await loaded();
    expect(logger.error.mock.calls).toEqual([
      ['autoscale could not start; the next reload tries again', { group: 'Web', error }],
    ]);
    look();
    await loaded();
    expect(clock.pending).toBe(1);
  });

  it('gives the reason why such a group cannot be scaled', () => {
    const { autoscaling, logger } = ofGroups({ Web: config({}), Jobs: config({ autoscale: AUTOSCALE }) });
    expect(autoscaling.refusal('Web', 3)).toBeUndefined();
    expect(autoscaling.refusal('Jobs', 3)).toMatch(/^autoscale decides the number of workers: /);
    expect(logger.warn.mock.calls).toEqual([
      ['the number of workers does not change: autoscale decides it', { group: 'Jobs', asked: 3 }],
    ]);
  });
});
