import { FakeClock } from '../../../src/testing/fake-clock';
import { loadConfig } from '../../../src/config/load';
import { WorkerContext } from '../../../src/contract/context';
import type { EngineEventName } from '../../../src/contract/events';
import { Worker } from '../../../src/contract/worker';
import { EmbeddedLauncher } from '../../../src/launch/embedded-launcher';
import { parentHooks } from '../../../src/pool/parent-hooks';
import type { PoolEnd } from '../../../src/pool/pool';
import { SupervisedPool } from '../../../src/pool/supervised-pool';
import { fakeLogger } from '../contract/fake-logger';

interface Behavior {
  /** The behavior of run(). Undefined: it waits for its stop. */
  readonly run?: (worker: Worker) => void | Promise<void>;
  readonly beforeFork?: () => void | Promise<void>;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** One embedded worker with a fake clock. `calls`: its hooks, with the number of the object. */
function embedded(behavior: Behavior, config: Record<string, unknown> = {}) {
  const clock = new FakeClock();
  const logger = fakeLogger();
  const calls: string[] = [];
  const events: [EngineEventName, unknown][] = [];
  const state = { behavior, end: undefined as PoolEnd | undefined, tried: '' };
  let made = 0;
  class Played extends Worker {
    readonly #number = (made += 1);
    override beforeFork(): void | Promise<void> {
      calls.push(`beforeFork ${this.#number}`);
      return state.behavior.beforeFork?.();
    }
    override afterStart(): void {
      calls.push(`afterStart ${this.#number}`);
    }
    override run(): void | Promise<void> {
      calls.push(`run ${this.#number}`);
      return state.behavior.run ? state.behavior.run(this) : this.untilStop();
    }
    override stop(): void {
      calls.push(`stop ${this.#number}`);
    }
    override afterDrain(): void {
      calls.push(`afterDrain ${this.#number}`);
    }
  }
  const engine = {
    ...loadConfig({ raw: { workerReady: 'auto', ...config }, env: {} }).engine,
    restartStrategy: 'all' as const,
  };
  const launcher = new EmbeddedLauncher({
    make: (workerId, { onReady, drained, onJobDone }) =>
      new Played(new WorkerContext({}, logger, {}, workerId, onReady, drained, onJobDone)),
    drainOf: () => () => {},
    engine: () => engine,
    logger,
    clock,
  });
  const pool = new SupervisedPool({
    group: 'Played',
    hook: () => ({ owner: 'Server', call: undefined }),
    emit: (event, payload) => events.push([event, payload]),
    stopServer: () => {},
    mustComeUp: () => false,
    onTrying: (why) => {
      state.tried = why;
    },
    engine: () => engine,
    logger,
    clock,
    random: () => 0.5,
    launcher,
    hooks: (workerId) => parentHooks(Played, () => launcher.make(workerId), logger, true),
  });
  void pool.ended.then((end) => {
    state.end = end;
    launcher.close();
  });
  const settle = async (ms = 0): Promise<void> => {
    await clock.advanceAsync(ms);
    for (let turns = 0; turns < 20; turns += 1) {
      await clock.advanceAsync(0);
      await turn();
    }
  };
  return { pool, clock, logger, calls, events, state, settle };
}

type Played = ReturnType<typeof embedded>;
const open: Played[] = [];

async function started(...given: Parameters<typeof embedded>): Promise<Played> {
  const test = embedded(...given);
  open.push(test);
  test.pool.start();
  await test.settle();
  return test;
}

// The watch over listening servers belongs to the process.
afterEach(async () => {
  for (const test of open.splice(0)) {
    test.pool.stop(false);
    await test.settle(700_000);
    expect(test.state.end).toBeDefined();
  }
});

const eventsNamed = ({ events }: Played, name: string): unknown[] =>
  events.filter(([event]) => event === name).map(([, payload]) => payload);

describe('an embedded worker in its pool', () => {
  it('is started, told to stop, and ends with afterDrain()', async () => {
    const test = await started({});
    expect(test.pool.status().workers).toMatchObject([{ state: 'running', generation: 1, restarts: 0 }]);
    test.pool.stop(true);
    await test.settle();
    expect(test.state.end).toEqual({ kind: 'stopped' });
    expect(test.calls).toEqual(['beforeFork 1', 'afterStart 1', 'run 1', 'stop 1', 'afterDrain 1']);
    expect(test.logger.error).not.toHaveBeenCalled();
  });

  it('emits events when it starts, is ready and ends, and is in the status meanwhile', async () => {
    const test = await started({});
    const who = { group: 'Played', workerId: 0, generation: 1, pid: process.pid };
    expect(eventsNamed(test, 'workerStarted')).toEqual([who]);
    expect(eventsNamed(test, 'workerReady')).toMatchObject([who]);
    const answer = test.pool.restart(true);
    await test.settle();
    expect(await answer).toMatchObject({ ok: true, outcome: 'held', replaced: 1 });
    const record = { ...who, reason: 'restart', code: 0, signal: null };
    expect(eventsNamed(test, 'workerExited')).toMatchObject([record]);
    const { deaths, workers } = test.pool.status();
    expect(deaths).toMatchObject([record]);
    expect(workers).toMatchObject([{ generation: 2, restarts: 1, lastExit: record }]);
    expect(test.calls.slice(-5)).toEqual(['stop 1', 'afterDrain 1', 'beforeFork 2', 'afterStart 2', 'run 2']);
  });

  it('reports the figures of its process, and the jobs that it has counted', async () => {
    const test = await started({
      run: (worker) => {
        worker.jobDone(3);
        return worker.untilStop();
      },
    });
    test.pool.reload();
    const [status] = test.pool.status().workers;
    expect(status).toMatchObject({ jobs: 3, loopDelayMs: expect.any(Number) as number, connections: 0 });
    expect(status!.rssBytes).toBeGreaterThan(10 * 2 ** 20);
    expect(status!.heapUsedBytes).toBeGreaterThan(2 ** 20);
  });

  it('calls run() again after it returns: that is no crash, but it must not be a hot loop', async () => {
    const test = await started({ run: () => {} }, { maxRestarts: 1 });
    const runs = (): number => test.calls.filter((call) => call.startsWith('run')).length;
    // The first restart is immediate. From then on the delay doubles.
    expect(runs()).toBe(2);
    await test.settle(100);
    expect(runs()).toBe(3);
    await test.settle(199);
    expect(runs()).toBe(3);
    await test.settle(1);
    expect(runs()).toBe(4);
    expect(test.state.end).toBeUndefined();
    expect(test.logger.error).not.toHaveBeenCalled();
    const explained = test.logger.info.mock.calls.filter(([text]) => /is called again/.test(String(text)));
    expect(explained).toHaveLength(1);
    expect(test.pool.status().deaths[0]).toMatchObject({ reason: undefined, code: 0 });
    // A run() that returns at once was ready.
    expect(eventsNamed(test, 'workerReady')).toHaveLength(4);
  });

  it('counts a throw in run() as a crash, with delay and limit', async () => {
    const test = await started(
      {
        run: () => {
          throw new Error('broken');
        },
      },
      { maxRestarts: 2 },
    );
    expect(test.calls.filter((call) => call.startsWith('run'))).toHaveLength(2);
    expect(test.state.tried).toBe('run() of the embedded worker failed: broken');
    await test.settle(100);
    expect(test.state.end).toEqual({ kind: 'crash_limit' });
    expect(test.pool.status().deaths).toMatchObject(
      Array(3).fill({ reason: 'crash', code: 1, error: 'broken' }),
    );
    expect(test.logger.error.mock.calls.map(([text]) => text)).toEqual(
      Array(3).fill('run() of the embedded worker failed'),
    );
  });

  it('is left behind at the limit of a stop when it does not end', async () => {
    const test = await started({ run: () => new Promise(() => {}) }, { workerGracefulKillTimeout: 20 });
    test.pool.stop(true);
    await test.settle(19_999);
    expect(test.state.end).toBeUndefined();
    await test.settle(1);
    expect(test.state.end).toEqual({ kind: 'stopped' });
    expect(test.logger.error).toHaveBeenCalledWith(
      'the embedded worker did not end; the server ends without it',
      expect.objectContaining({ limitMs: 20_000, workerId: 0, reason: 'graceful_timeout' }),
    );
  });

  it('is left behind by a restart when it does not end, and its later error is logged', async () => {
    let fail!: (error: Error) => void;
    const test = await started(
      { run: () => new Promise((_resolve, reject) => (fail = reject)) },
      { workerGracefulKillTimeout: 20 },
    );
    const failFirst = fail;
    const answer = test.pool.restart(false);
    await test.settle(20_000);
    expect(test.logger.error).toHaveBeenCalledWith(
      'the embedded worker did not end; the next one starts next to it',
      expect.objectContaining({ limitMs: 20_000 }),
    );
    expect(test.calls.at(-1)).toBe('run 2');
    expect(await answer).toMatchObject({ ok: true, replaced: 1 });
    failFirst(new Error('late'));
    await test.settle();
    expect(test.logger.error).toHaveBeenLastCalledWith(
      'run() of an embedded worker that was left behind failed',
      { error: new Error('late') },
    );
    expect(test.pool.views()).toMatchObject([{ state: 'running', generation: 2 }]);
  });

  it('is not run when a stop comes during beforeFork()', async () => {
    let goOn!: () => void;
    const test = await started({ beforeFork: () => new Promise((resolve) => (goOn = resolve)) });
    test.pool.stop(true);
    await test.settle();
    expect(test.state.end).toBeUndefined();
    goOn();
    await test.settle();
    expect(test.state.end).toEqual({ kind: 'stopped' });
    expect(test.calls).toEqual(['beforeFork 1', 'afterStart 1']);
  });

  it('cannot be scaled, and the error says so', async () => {
    const test = await started({});
    const reason = 'an embedded worker cannot be scaled: use workerType process';
    expect(test.pool.scale(3)).toEqual({ ok: false, reason, from: 1, to: 1 });
    expect(test.logger.warn).toHaveBeenCalledWith(reason, { workers: 3 });
    expect(test.pool.views()).toHaveLength(1);
  });

  it('becomes ready by its call with explicit readiness', async () => {
    let worker: Worker | undefined;
    const test = await started(
      {
        run: (one) => {
          worker = one;
          return one.untilStop();
        },
      },
      { workerReady: 'explicit' },
    );
    expect(eventsNamed(test, 'workerReady')).toEqual([]);
    worker?.ready();
    expect(eventsNamed(test, 'workerReady')).toHaveLength(1);
  });
});
