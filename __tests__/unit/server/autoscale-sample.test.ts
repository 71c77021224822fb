import type { WorkerStatus } from '../../../src/contract/status';
import type { PoolStatus } from '../../../src/pool/pool';
import { autoscaleSample, readMemory, type MemoryView } from '../../../src/server/autoscale-sample';

const MB = 2 ** 20;
const NOW = 1_000_000;

function worker(workerId: number, more: Partial<WorkerStatus> = {}): WorkerStatus {
  return {
    group: 'Web',
    workerId,
    pid: 100 + workerId,
    state: 'running',
    ready: true,
    generation: 1,
    uptimeMs: 1000,
    restarts: 0,
    lastExit: undefined,
    utilization: 0.5,
    rssBytes: 50 * MB,
    ...more,
  };
}

interface Given extends Partial<Omit<PoolStatus, 'group'>> {
  readonly type?: 'process' | 'thread';
  readonly memory?: Partial<MemoryView>;
  readonly isHeld?: boolean;
}

function sample({ type = 'process', memory, isHeld = false, ...status }: Given) {
  const workers = status.workers ?? [worker(0), worker(1)];
  return autoscaleSample(
    {
      group: { name: 'Web', type, target: 2, strategy: 'auto', start: 'spawn', startInUse: 'spawn' },
      standby: [],
      rollout: undefined,
      deaths: [],
      ...status,
      workers,
    },
    {
      memory: { limitBytes: 1000 * MB, usedBytes: undefined, ownBytes: undefined, ...memory },
      isHeld,
      now: NOW,
    },
  );
}

describe('the autoscale sample of a group', () => {
  it('has the mean of the running workers', () => {
    const workers = [worker(0, { utilization: 0.2 }), worker(1, { utilization: 0.6 })];
    expect(sample({ workers })).toMatchObject({ workers: 2, isSteady: true, isHeld: false });
    expect(sample({ workers }).utilization).toBeCloseTo(0.4);
  });

  it('omits workers without figures, and is unknown when no worker has any', () => {
    expect(sample({ workers: [worker(0, { utilization: undefined }), worker(1)] }).utilization).toBe(0.5);
    const silent = [worker(0, { utilization: undefined }), worker(1, { utilization: undefined })];
    expect(sample({ workers: silent }).utilization).toBeUndefined();
  });

  it.each<[string, Given, boolean]>([
    ['one is missing', { workers: [worker(0)] }, false],
    ['one boots', { workers: [worker(0), worker(1, { state: 'starting' })] }, false],
    ['one waits for its start', { workers: [worker(0), worker(1, { state: 'waiting' })] }, false],
    ['one was stopped by a command', { workers: [worker(0), worker(1, { state: 'stopping' })] }, false],
    ['a surplus one drains', { workers: [worker(0), worker(1), worker(2, { state: 'draining' })] }, true],
    ['one has crashed just now', { crashedAt: NOW - 100 }, false],
    ['one crashed a while ago', { crashedAt: NOW - 10_000 }, true],
  ])('knows whether the group is steady: %s', (_name, given, isSteady) => {
    expect(sample(given).isSteady).toBe(isSteady);
  });

  it('is held by a restart of its workers, and by the end of the server', () => {
    expect(sample({ rollout: { startedAt: 0, group: 'Web', replaced: 0, left: 2 } }).isHeld).toBe(true);
    expect(sample({ isHeld: true }).isHeld).toBe(true);
  });

  it.each<[string, Given, number]>([
    // A tenth is kept free.
    ['the limit alone', {}, 18],
    ['other processes use some', { memory: { usedBytes: 300 * MB } }, 14],
    ['no memory is left', { memory: { usedBytes: 1000 * MB } }, 0],
    ['shared memory is counted for each worker', { memory: { usedBytes: 60 * MB } }, 18],
    [
      'memory is not reported',
      { workers: [worker(0, { rssBytes: undefined }), worker(1, { rssBytes: undefined })] },
      Infinity,
    ],
    ['no worker runs', { workers: [] }, Infinity],
    ['threads share the memory of the server', { type: 'thread', memory: { ownBytes: 200 * MB } }, 9],
    ['threads of a server that does not know its memory', { type: 'thread' }, Infinity],
  ])('knows how many workers fit into memory: %s', (_name, given, fitting) => {
    expect(sample(given).fitting).toBe(fitting);
  });

  it('reads the real memory', () => {
    const { limitBytes, usedBytes, ownBytes } = readMemory();
    expect(limitBytes).toBeGreaterThan(64 * MB);
    expect(usedBytes).toBeLessThan(limitBytes);
    expect(ownBytes).toBeGreaterThan(10 * MB);
  });
});
