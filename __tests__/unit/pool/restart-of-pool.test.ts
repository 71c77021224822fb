import { fakePool, type FakeBehavior } from './fake-pool';

const ENDS: FakeBehavior = { listens: true, onStop: 'ends' };
const STREAMS: FakeBehavior = { listens: true, onStop: 'lingers' };
const QUEUE: FakeBehavior = { listens: false, onStop: 'lingers' };
const HANGS: FakeBehavior = { listens: true, onStop: 'hangs' };

async function running(config: Record<string, unknown>, behavior: FakeBehavior) {
  const test = fakePool({ workers: 3, workerType: 'process', ...config }, behavior);
  await test.start();
  expect(test.serving()).toEqual(['0.1', '1.1', '2.1']);
  return test;
}

describe('a restart', () => {
  it.each(['auto', 'rolling'])(
    '(%s) does not wait for streams: all workers are new, and the old ones linger',
    async (restartStrategy) => {
      const test = await running({ restartStrategy }, STREAMS);
      void test.pool.restart(true);
      await test.settle();
      expect(test.serving()).toEqual(['0.2', '1.2', '2.2']);
      expect(test.alive()).toHaveLength(6);
      expect(test.said('info', /worker \d lingers/)).toBe(3);
      expect(test.said('info', /rolling restart finished/)).toBe(1);
      expect(
        test.pool
          .views()
          .map(({ state }) => state)
          .sort(),
      ).toEqual([...Array<string>(3).fill('draining'), ...Array<string>(3).fill('running')]);
    },
  );

  it('waits up to restartLinger for the end of each old worker', async () => {
    const test = await running({ restartLinger: 5 }, STREAMS);
    void test.pool.restart(true);
    await test.settle();
    expect(test.serving()).toEqual(['0.2', '1.1', '2.1']);
    await test.clock.advanceAsync(4999);
    await test.settle();
    expect(test.serving()).toEqual(['0.2', '1.1', '2.1']);
    test.worker('0.1').end();
    await test.settle();
    expect(test.serving()).toEqual(['0.2', '1.2', '2.1']);
    await test.clock.advanceAsync(5000);
    await test.settle();
    expect(test.serving()).toEqual(['0.2', '1.2', '2.2']);
  });

  it('continues without an old worker that hangs before it has closed', async () => {
    const test = await running({ workerReadyTimeout: 30 }, HANGS);
    void test.pool.restart(true);
    await test.settle();
    expect(test.serving()).toEqual(['0.2', '1.1', '2.1']);
    await test.clock.advanceAsync(30_000);
    await test.settle();
    expect(test.serving()).toEqual(['0.2', '1.2', '2.1']);
    expect(test.said('warn', /does not report that it accepts nothing new/)).toBe(1);
  });

  it('continues when an old worker dies instead of closing', async () => {
    const test = await running({}, HANGS);
    void test.pool.restart(true);
    await test.settle();
    test.worker('0.1').end({ code: null, signal: 'SIGKILL' });
    await test.settle();
    expect(test.serving()).toEqual(['0.2', '1.2', '2.1']);
  });

  it('(all) replaces a worker that listened as soon as it accepts nothing new', async () => {
    const test = await running({ restartStrategy: 'all' }, STREAMS);
    void test.pool.restart(true);
    await test.settle();
    expect(test.serving()).toEqual(['0.2', '1.2', '2.2']);
    expect(test.alive()).toHaveLength(6);
  });

  it.each(['auto', 'all'])(
    '(%s) never has two of an id where workers do not listen',
    async (restartStrategy) => {
      const test = await running({ restartStrategy }, QUEUE);
      void test.pool.restart(true);
      await test.settle();
      expect(test.alive()).toEqual(['0.1', '1.1', '2.1']);
      test.worker('1.1').end();
      await test.settle();
      expect(test.alive()).toEqual(['0.1', '1.2', '2.1']);
    },
  );

  it('begins again at once on a second restart, also for workers that the first has replaced', async () => {
    const test = await running({ workerReadyTimeout: 60, restartLinger: 600 }, STREAMS);
    void test.pool.restart(true);
    await test.settle();
    expect(test.serving()).toEqual(['0.2', '1.1', '2.1']);
    test.state.engine = { ...test.state.engine, restartLingerMs: 0 };
    void test.pool.restart(true);
    await test.settle();
    expect(test.serving()).toEqual(['0.3', '1.2', '2.2']);
    expect(test.said('info', /rolling restart was overtaken/)).toBe(1);
    expect(test.said('info', /rolling restart finished/)).toBe(1);
  });

  it('does not wait for the boot of an overtaken replacement, even when it hangs', async () => {
    const test = await running({ workerReadyTimeout: 60 }, ENDS);
    test.state.behavior = { listens: true, onStop: 'hangs', isNeverReady: true };
    void test.pool.restart(true);
    await test.settle();
    expect(test.alive()).toEqual(['0.1', '0.2', '1.1', '2.1']);
    test.state.behavior = ENDS;
    void test.pool.restart(true);
    await test.settle();
    expect(test.worker('0.2').wasTold).toBe('graceful');
    expect(test.serving()).toEqual(['0.3', '1.2', '2.2']);
    expect(test.said('error', /./)).toBe(0);
  });

  it('halts at a replacement that does not become ready, and keeps the old workers', async () => {
    const test = await running({ workerReadyTimeout: 30 }, ENDS);
    test.state.behavior = { ...ENDS, isNeverReady: true };
    void test.pool.restart(true);
    await test.settle();
    await test.clock.advanceAsync(30_000);
    await test.settle();
    expect(test.alive()).toEqual(['0.1', '1.1', '2.1']);
    expect(test.said('error', /rolling restart halted/)).toBe(1);
  });

  it('by HUP does not wait for workers that linger since an earlier restart', async () => {
    const test = await running({}, STREAMS);
    void test.pool.restart(true);
    await test.settle();
    void test.pool.restart(false);
    await test.settle();
    expect(test.alive()).toEqual(['0.3', '1.3', '2.3']);
  });
});

describe('scaling', () => {
  it('down during a rollout does not halt it', async () => {
    const test = await running({}, ENDS);
    test.state.behavior = { ...ENDS, isNeverReady: true };
    void test.pool.restart(true);
    await test.settle();
    test.state.behavior = ENDS;
    test.pool.scale(0);
    await test.settle();
    expect(test.alive()).toEqual([]);
    expect(test.said('error', /./)).toBe(0);
    test.pool.scale(2);
    await test.settle();
    expect(test.serving().map((name) => name[0])).toEqual(['0', '1']);
  });

  it('up again does not wait for a surplus worker that lingers', async () => {
    const test = await running({}, STREAMS);
    test.pool.scale(2);
    await test.settle();
    expect(test.alive()).toEqual(['0.1', '1.1', '2.1']);
    test.pool.scale(3);
    await test.settle();
    expect(test.serving()).toEqual(['0.1', '1.1', '2.2']);
    expect(test.alive()).toContain('2.1');
  });
});

describe('a stop', () => {
  it('waits for lingering workers, and an immediate stop ends them', async () => {
    const test = await running({}, STREAMS);
    void test.pool.restart(true);
    await test.settle();
    test.pool.stop(true);
    await test.settle();
    for (const name of ['0.2', '1.2', '2.2']) test.worker(name).end();
    await test.settle();
    expect(test.state.hasEnded).toBe(false);
    test.pool.stop(false);
    await test.settle();
    expect(test.alive()).toEqual([]);
    expect(test.state.hasEnded).toBe(true);
  });

  it('ends a rollout, and waits for everything that it has started', async () => {
    const test = await running({}, HANGS);
    void test.pool.restart(true);
    await test.settle();
    expect(test.alive()).toEqual(['0.1', '0.2', '1.1', '2.1']);
    test.pool.stop(true);
    await test.settle();
    expect(test.state.hasEnded).toBe(false);
    for (const worker of test.workers) worker.end();
    await test.settle();
    expect(test.state.hasEnded).toBe(true);
    expect(test.workers).toHaveLength(4);
  });
});

describe('a worker that stops by itself', () => {
  it('is replaced while it lingers, and is then ended by the escalation', async () => {
    const test = await running({}, STREAMS);
    test.worker('1.1').stop();
    await test.settle();
    expect(test.alive()).toEqual(['0.1', '1.1', '2.1']);
    await test.clock.advanceAsync(200);
    await test.settle();
    expect(test.alive()).toEqual(['0.1', '1.1', '1.2', '2.1']);
    expect(test.worker('1.1').wasTold).toBe('graceful');
  });

  it('is not replaced when the whole pool is stopped a moment later', async () => {
    const test = await running({}, STREAMS);
    test.worker('1.1').stop();
    await test.settle();
    test.pool.stop(true);
    await test.clock.advanceAsync(200);
    await test.settle();
    expect(test.workers).toHaveLength(3);
  });
});

describe('a pool that is slow to do what it decided', () => {
  it('does not miss what became due meanwhile', async () => {
    const test = fakePool(
      { workers: 1, workerType: 'process', workerGracefulKillTimeout: 1 },
      ENDS,
      () => new Promise(() => {}),
    );
    await test.start();
    const { now } = test.clock;
    test.clock.now = () => {
      // Every read of the clock takes a second and a half.
      test.clock.advance(1500);
      return now.call(test.clock);
    };
    test.pool.stop(true);
    test.clock.now = now;
    await test.clock.advanceAsync(1000);
    await test.settle();
    expect(test.state.hasEnded).toBe(true);
  });
});
