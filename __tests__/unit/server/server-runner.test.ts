import { Server, type ServerContext } from 'serverengine';
import { FakeClock } from '../../../src/testing/fake-clock';
import { loadConfig } from '../../../src/config/load';
import type { BroadcastResult, RestartResult, ScaleResult } from '../../../src/contract/results';
import type { PoolEnd, PoolStatus, WorkerPool } from '../../../src/pool/pool';
import { ServerRunner } from '../../../src/server/server-runner';
import type { SocketSource } from '../../../src/sockets/socket-registry';
import { fakeLogger } from '../contract/fake-logger';

const never = (): Promise<void> => new Promise(() => {});

// A server keeps the event loop alive.
const left: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of left.splice(0)) await end();
});

type Hooks = Partial<Pick<Server, 'beforeRun' | 'afterRun' | 'stop' | 'restart' | 'reload' | 'dump'>>;

/** Ends as soon as it is told to stop. */
class FakePool implements WorkerPool {
  up: Promise<void> = Promise.resolve();
  readonly ended: Promise<PoolEnd>;
  readonly said: string[] = [];
  target: number;
  readonly whyNoMessages = undefined;
  #end!: (end: PoolEnd) => void;

  constructor(workers: number) {
    this.target = workers;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  start(): void {
    this.said.push('start');
  }

  stop(graceful: boolean): void {
    this.said.push(graceful ? 'graceful stop' : 'immediate stop');
    this.#end({ kind: 'stopped' });
  }

  restart(): Promise<RestartResult> {
    this.said.push('restart');
    return Promise.resolve({ ok: true, outcome: 'held', replaced: this.target, kept: 0, tookMs: 0 });
  }

  broadcast(): Promise<BroadcastResult> {
    return Promise.resolve({ ok: true, reached: this.target, failed: [] });
  }

  reload(): void {
    this.said.push('reload');
  }

  scale(workers: number): ScaleResult {
    const from = this.target;
    this.target = workers;
    this.said.push(`scale ${String(workers)}`);
    return { ok: true, from, to: workers };
  }

  dump(): boolean {
    this.said.push('dump');
    return true;
  }

  views(): [] {
    return [];
  }

  metrics(): Promise<[]> {
    return Promise.resolve([]);
  }

  status(): PoolStatus {
    const group = {
      name: 'FakeWorker',
      type: 'process',
      target: this.target,
      strategy: 'auto',
      start: 'spawn',
      startInUse: 'spawn',
    } as const;
    return { group, workers: [], standby: [], rollout: undefined, deaths: [] };
  }
}

function setUp(hooks: Hooks = {}, raw: object = {}, waitForConfig?: () => Promise<void>) {
  const clock = new FakeClock();
  const loaded = loadConfig({ raw: { workerType: 'process', workers: 2, ...raw }, env: {} });
  const logger = fakeLogger();
  const pool = new FakePool(loaded.engine.workers);
  const [onUp, onFailed] = [jest.fn(), jest.fn()];
  const runner = new ServerRunner({
    loaded,
    load: async () => {
      await waitForConfig?.();
      return loaded;
    },
    makeServer: (context: ServerContext<object>) => Object.assign(new Server(context), hooks),
    groups: ['FakeWorker'],
    makePools: () => Promise.resolve([pool]),
    emit: () => {},
    applyLog: () => {},
    onUp,
    onFailed,
    onUnrecoverable: () => {},
    sockets: { letGo: () => {}, closeAll: () => {}, entries: () => [] } as unknown as SocketSource,
    logger,
    clock,
  });
  left.push(async () => {
    for (let second = 0; second < 3 && status === undefined; second += 1) {
      void runner.submit({ kind: 'stop', graceful: false });
      await clock.advanceAsync(1000);
    }
  });
  let status: number | undefined;
  void runner.run().then((value) => {
    status = value;
  });
  const settle = (): Promise<void> => clock.advanceAsync(0);
  return { clock, logger, pool, runner, settle, onUp, onFailed, status: () => status };
}

async function running(hooks?: Hooks, raw?: object, waitForConfig?: () => Promise<void>) {
  const set = setUp(hooks, raw, waitForConfig);
  for (let turn = 0; turn < 5 && set.pool.said.length === 0; turn += 1) await set.settle();
  expect(set.pool.said).toContain('start');
  return set;
}

const throwing = (): never => {
  throw new Error('broken');
};
const rejecting = (): Promise<never> => Promise.reject(new Error('broken'));

describe('a faulty Server.stop()', () => {
  describe.each([
    ['throws', throwing],
    ['rejects', rejecting],
  ])('that %s', (_how, stop) => {
    it.each([true, false])('is overruled at once, and the server stops (graceful: %s)', async (graceful) => {
      const { runner, pool, settle, status, logger } = await running({ stop });
      void runner.submit({ kind: 'stop', graceful });
      for (let turn = 0; turn < 5; turn += 1) await settle();
      expect(pool.said).toEqual(['start', graceful ? 'graceful stop' : 'immediate stop']);
      expect(status()).toBe(0);
      expect(logger.error).toHaveBeenCalledWith('stop() failed', { error: new Error('broken') });
    });
  });

  it.each([
    ['hangs', never],
    ['forgets super.stop()', () => {}],
  ])('that %s is overruled after the graceful timeout', async (_how, stop) => {
    const { runner, pool, clock, status, logger } = await running({ stop }, { workerGracefulKillTimeout: 7 });
    void runner.submit({ kind: 'stop', graceful: true });
    await clock.advanceAsync(6999);
    expect(pool.said).toEqual(['start']);
    await clock.advanceAsync(1);
    await clock.advanceAsync(0);
    expect(pool.said).toEqual(['start', 'immediate stop']);
    expect(status()).toBe(0);
    expect(logger.error).toHaveBeenCalledTimes(1);
    expect(clock.pending).toBe(0);
  });

  it('that hangs is overruled after a second by an immediate stop', async () => {
    const { runner, pool, clock, status } = await running({ stop: never });
    void runner.submit({ kind: 'stop', graceful: true });
    await clock.advanceAsync(100);
    void runner.submit({ kind: 'stop', graceful: false });
    await clock.advanceAsync(999);
    expect(pool.said).toEqual(['start']);
    await clock.advanceAsync(2);
    await clock.advanceAsync(0);
    expect(pool.said).toEqual(['start', 'immediate stop']);
    expect(status()).toBe(0);
  });

  it('is not overruled once it has called super.stop()', async () => {
    const { runner, pool, clock, logger } = await running({
      async stop(this: Server, graceful: boolean) {
        await Server.prototype.stop.call(this, graceful);
        await never();
      },
    });
    void runner.submit({ kind: 'stop', graceful: true });
    await clock.advanceAsync(700_000);
    expect(pool.said).toEqual(['start', 'graceful stop']);
    expect(logger.error).not.toHaveBeenCalled();
    expect(clock.pending).toBe(0);
  });
});

describe('beforeRun() that hangs', () => {
  it('is waited for at most 5 s after a graceful stop', async () => {
    const { runner, pool, clock, status, settle } = setUp({ beforeRun: never });
    await settle();
    void runner.submit({ kind: 'stop', graceful: true });
    await clock.advanceAsync(4999);
    expect(status()).toBeUndefined();
    await clock.advanceAsync(1);
    await clock.advanceAsync(0);
    expect(status()).toBe(0);
    expect(pool.said).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('is not waited for after an immediate stop', async () => {
    const { runner, status, settle } = setUp({ beforeRun: never });
    await settle();
    void runner.submit({ kind: 'stop', graceful: false });
    for (let turn = 0; turn < 3; turn += 1) await settle();
    expect(status()).toBe(0);
  });
});

describe('afterRun() that hangs', () => {
  it('is waited for at most the graceful timeout', async () => {
    const { runner, clock, status, logger } = await running(
      { afterRun: never },
      { workerGracefulKillTimeout: 7 },
    );
    void runner.submit({ kind: 'stop', graceful: true });
    await clock.advanceAsync(6999);
    expect(status()).toBeUndefined();
    await clock.advanceAsync(2);
    await clock.advanceAsync(0);
    expect(status()).toBe(0);
    expect(logger.error).toHaveBeenCalledTimes(1);
  });
});

describe.each([
  ['throws', throwing],
  ['rejects', rejecting],
  ['hangs', never],
])('a hook of the server that %s', (_how, hook) => {
  it.each([
    ['restart', { kind: 'restart', graceful: true }],
    ['reload', { kind: 'reload' }],
    ['dump', { kind: 'dump' }],
  ] as const)('%s() does not prevent a stop', async (name, command) => {
    const { runner, pool, settle, status } = await running({ [name]: hook });
    void runner.submit(command);
    await settle();
    void runner.submit({ kind: 'stop', graceful: true });
    for (let turn = 0; turn < 5; turn += 1) await settle();
    expect(pool.said).toEqual(['start', 'graceful stop']);
    expect(status()).toBe(0);
  });
});

describe('several restarts', () => {
  const restarts = (said: readonly string[]): number => said.filter((word) => word === 'restart').length;

  it('are merged into one in the queue', async () => {
    const { runner, pool, settle } = await running();
    for (let round = 0; round < 300; round += 1) void runner.submit({ kind: 'restart', graceful: true });
    for (let turn = 0; turn < 5; turn += 1) await settle();
    expect(restarts(pool.said)).toBe(1);
  });

  it('are merged into one more while the configuration is read', async () => {
    let reads = 0;
    const { runner, pool, settle } = await running({}, {}, async () => {
      reads += 1;
      for (let turn = 0; turn < 300; turn += 1) await settle();
    });
    for (let round = 0; round < 300; round += 1) {
      void runner.submit({ kind: 'restart', graceful: true });
      await settle();
    }
    for (let turn = 0; turn < 700; turn += 1) await settle();
    expect(reads).toBeLessThanOrEqual(3);
    expect(restarts(pool.said)).toBe(reads);
  });

  it('are immediate when one of them is', async () => {
    const { runner, pool, settle } = await running();
    const restart = jest.spyOn(pool, 'restart');
    void runner.submit({ kind: 'restart', graceful: false });
    void runner.submit({ kind: 'restart', graceful: true });
    for (let turn = 0; turn < 5; turn += 1) await settle();
    expect(restart.mock.calls).toEqual([[false]]);
  });
});

describe('the number of workers before there are any', () => {
  it.each([
    [[1, 1, -1], 3],
    [[-1, -1, -1, -1], 1],
  ])('is after %j: %i', async (changes, workers) => {
    let go = (): void => {};
    const beforeRun = (): Promise<void> =>
      new Promise((resolve) => {
        go = resolve;
      });
    const { runner, pool, settle } = setUp({ beforeRun });
    for (const by of changes) void runner.submit({ kind: 'scale', by });
    await settle();
    go();
    for (let turn = 0; turn < 5; turn += 1) await settle();
    expect(pool.said).toEqual([`scale ${String(workers)}`, 'start']);
  });
});

describe('commands of a server', () => {
  const restart = { kind: 'restart', graceful: true } as const;
  const all = { ok: true, outcome: 'held', replaced: 2, kept: 0, tookMs: 0 };

  it.each<[string, Hooks, object, string | undefined]>([
    ['restarts', {}, restart, undefined],
    ['reloads', {}, { kind: 'reload' }, undefined],
    ['scales', {}, { kind: 'scale', to: 5 }, undefined],
    ['does not restart', { restart: throwing }, restart, 'restart() of the server failed: broken'],
    ['does not reload', { reload: rejecting }, { kind: 'reload' }, 'reload() of the server failed: broken'],
    [
      'forgets super',
      { restart: () => Promise.resolve() },
      restart,
      'restart() of the server has not called super.restart()',
    ],
    [
      'has no such group',
      {},
      { ...restart, group: 'x' },
      'restart(): there is no group "x". The groups are: FakeWorker.',
    ],
    [
      'has no such number',
      {},
      { kind: 'scale', to: -1 },
      'scale(): workers must be an integer >= 0, got -1.',
    ],
  ])('are answered with an error when it %s', async (_what, hooks, command, reason) => {
    const { runner, settle } = await running(hooks);
    const answer = runner.submit(command as typeof restart);
    await settle();
    await settle();
    expect(await answer).toMatchObject({
      ok: reason === undefined,
      ...(reason === undefined ? {} : { reason }),
    });
  });

  it("are answered with the pool's result, even when the hook then hangs", async () => {
    const hang = async function (this: Server, graceful: boolean): Promise<void> {
      await Server.prototype.restart.call(this, graceful);
      await never();
    };
    const { runner } = await running({ restart: hang });
    expect(await runner.submit(restart)).toEqual({ ...all, reason: undefined, failed: undefined });
  });

  it('are answered at the end of the server at the latest', async () => {
    const { runner, settle, status } = await running({ reload: never });
    const open = runner.submit({ kind: 'reload' });
    const stop = runner.submit({ kind: 'stop', graceful: true });
    const detach = runner.submit({ kind: 'detach' });
    for (let turn = 0; turn < 5; turn += 1) await settle();
    expect(status()).toBe(0);
    expect(await stop).toEqual({ ok: true });
    expect(await open).toMatchObject({ ok: false, reason: 'the server has ended' });
    expect((await detach).reason).toMatch(/there is no supervisor to start the next server/);
    expect(await runner.submit(restart)).toMatchObject({ ok: false, reason: 'the server has ended' });
  });

  it('are refused once the server stops', async () => {
    const { runner, pool, settle } = await running({}, { drainDelay: 60 });
    void runner.submit({ kind: 'stop', graceful: true });
    await settle();
    expect(runner.status().state).toBe('draining');
    expect(await runner.submit(restart)).toMatchObject({ ok: false, reason: 'the server is stopping' });
    expect(pool.said).toEqual(['start']);
  });
});

describe('drainDelay', () => {
  it('passes once, between a stop and the stop of the workers', async () => {
    const { runner, pool, clock } = await running({}, { drainDelay: 5 });
    void runner.submit({ kind: 'stop', graceful: true });
    await clock.advanceAsync(4999);
    void runner.submit({ kind: 'stop', graceful: true });
    expect(pool.said).toEqual(['start']);
    await clock.advanceAsync(1);
    expect(pool.said).toEqual(['start', 'graceful stop']);
    await clock.advanceAsync(10_000);
    expect(clock.pending).toBe(0);
  });

  it.each<[string, (runner: ServerRunner) => void, string]>([
    [
      'an immediate stop',
      (runner) => void runner.submit({ kind: 'stop', graceful: false }),
      'immediate stop',
    ],
    ['a detach', (runner) => void runner.submit({ kind: 'detach' }), 'graceful stop'],
    ['the end of its supervisor', (runner) => runner.orphaned(), 'graceful stop'],
  ])('is cut short by %s', async (_what, cut, said) => {
    const { runner, pool, clock } = await running({}, { drainDelay: 5 });
    void runner.submit({ kind: 'stop', graceful: true });
    await clock.advanceAsync(100);
    cut(runner);
    await clock.advanceAsync(0);
    await clock.advanceAsync(0);
    expect(pool.said).toEqual(['start', said]);
    expect(clock.pending).toBe(0);
  });
});

it('a server ends with the status of its first failure', async () => {
  const { runner, settle, status } = await running();
  runner.fail(3, 'first');
  runner.fail(4, 'second');
  for (let turn = 0; turn < 5; turn += 1) await settle();
  expect(status()).toBe(3);
});

it('a server is not up when its worker ends because of a failure: after an upgrade nothing would serve', async () => {
  const { runner, pool, settle, status, onUp, onFailed } = setUp();
  // An embedded worker that has finished its work has been up.
  pool.up = pool.ended.then(() => {});
  for (let turn = 0; turn < 5; turn += 1) await settle();
  runner.fail(1, 'listen EADDRINUSE');
  for (let turn = 0; turn < 5; turn += 1) await settle();
  expect(status()).toBe(1);
  expect(onUp).not.toHaveBeenCalled();
  expect(onFailed).toHaveBeenCalledWith('listen EADDRINUSE', false);
});
