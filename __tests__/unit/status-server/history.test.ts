import { History } from '../../../src/status-server/history';
import { group, status, worker } from './fake-status';

const two = (rss: number) =>
  status({
    workers: [
      worker({ rssBytes: rss, loopDelayMs: 2, utilization: 0.5 }),
      worker({ workerId: 1, rssBytes: 100, loopDelayMs: 9, utilization: 0.25 }),
      worker({ group: 'queue', heapUsedBytes: 7 }),
    ],
  });

describe(History, () => {
  it('has each worker and each group over time, oldest first', () => {
    const history = new History(4);
    history.add(1000, two(10));
    history.add(2000, status({ workers: [worker({ rssBytes: 20, loopDelayMs: 1, utilization: 1 })] }));
    expect(history.worker('web', 1)).toEqual({
      at: [1000, 2000],
      memoryBytes: [100, null],
      loopDelayMs: [9, null],
      utilization: [0.25, null],
    });
    expect(history.group('web')).toEqual({
      at: [1000, 2000],
      running: [2, 1],
      memoryBytes: [110, 20],
      loopDelayMs: [9, 1],
      utilization: [0.375, 1],
      utilizationMax: [0.5, 1],
    });
    // A thread reports only its heap.
    expect(history.group('queue').memoryBytes).toEqual([7, null]);
    expect(history.worker('web', 9)).toBeUndefined();
  });

  it('keeps a limited number of steps, and forgets workers that no step has', () => {
    const history = new History(3);
    for (let step = 0; step < 5; step += 1)
      history.add(step, step === 0 ? two(1) : status({ workers: [worker({ rssBytes: step })] }));
    expect(history.group('web')).toMatchObject({ at: [2, 3, 4], memoryBytes: [2, 3, 4] });
    expect(history.worker('web', 1)).toBeUndefined();
  });

  it('takes less than half a megabyte for 200 workers over an hour, through any restarts', () => {
    const history = new History(180);
    const workers = (generation: number) =>
      Array.from({ length: 200 }, (_, workerId) =>
        worker({ workerId, generation, rssBytes: 1, loopDelayMs: 1, utilization: 1 }),
      );
    for (let step = 0; step < 400; step += 1)
      history.add(step, status({ groups: [group({ target: 200 })], workers: workers(step) }));
    expect(history.bytes).toBeLessThan(512 * 1024);
  });
});
