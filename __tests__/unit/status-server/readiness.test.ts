import type { EngineStatus } from '../../../src/contract/status';
import { readinessOf } from '../../../src/status-server/readiness';
import { death, group, status, worker } from './fake-status';

const STEADY_MS = 10_000;

const early = death();
const late = death({ uptimeMs: STEADY_MS });
const crashed = (more: Partial<Parameters<typeof worker>[0]> = {}) =>
  worker({ uptimeMs: 100, restarts: 1, lastExit: early, ...more });

/** Each case has the verdict: ready, or the reasons. */
const CASES: readonly [string, Partial<EngineStatus>, readonly string[]][] = [
  ['every group has a ready worker', {}, []],
  ['preparing', { state: 'preparing', groups: [], workers: [] }, ['state']],
  ['draining, although its workers still serve', { state: 'draining' }, ['state']],
  ['stopping', { state: 'stopping' }, ['state']],
  ['the server does not answer its supervisor', { groups: [], workers: [] }, ['no_ready_worker']],
  ['the only worker is not ready yet', { workers: [worker({ ready: false })] }, ['no_ready_worker']],
  [
    'one of two groups has no ready worker',
    { groups: [group(), group({ name: 'queue' })] },
    ['no_ready_worker'],
  ],
  ['a group scaled to 0', { groups: [group(), group({ name: 'queue', target: 0 })] }, []],
  [
    'a rolling restart: the old worker drains, the new one serves',
    { workers: [worker({ generation: 2 }), worker({ state: 'draining', ready: false })] },
    [],
  ],
  ['one early crash is no crash loop', { workers: [crashed()], deaths: [early] }, []],
  ['two early crashes are a crash loop', { workers: [crashed()], deaths: [early, early] }, ['crash_loop']],
  [
    'the crashes of a worker with the same id in another group do not count',
    { workers: [crashed()], deaths: [early, death({ group: 'queue' })] },
    [],
  ],
  [
    'the worker has become steady',
    { workers: [crashed({ uptimeMs: STEADY_MS })], deaths: [early, early] },
    [],
  ],
  [
    'crashes after a long life are no crash loop',
    { workers: [crashed({ lastExit: late })], deaths: [late, late] },
    [],
  ],
  [
    'requested ends are no crash loop',
    {
      workers: [crashed({ lastExit: death({ reason: 'max_memory' }) })],
      deaths: [death({ reason: 'max_memory' }), death({ reason: 'max_memory' })],
    },
    [],
  ],
  [
    'many crash at once: beyond the list of deaths, the wait for the next start counts',
    {
      workers: [
        worker({ workerId: 1 }),
        crashed({ state: 'waiting', ready: false, pid: undefined, uptimeMs: 0, restarts: 4 }),
      ],
      deaths: [],
    },
    ['crash_loop'],
  ],
  [
    'the wait of restartWorkerInterval after a first crash is no crash loop',
    {
      workers: [
        worker({ workerId: 1 }),
        crashed({ state: 'waiting', ready: false, pid: undefined, uptimeMs: 0, restarts: 0 }),
      ],
      deaths: [early],
    },
    [],
  ],
  [
    'a worker that is over no longer crashes',
    { workers: [worker({ workerId: 1 }), crashed({ state: 'over', ready: false })], deaths: [early, early] },
    [],
  ],
];

describe(readinessOf, () => {
  it.each(CASES)('%s', (_, more, kinds) => {
    const { ready, reasons } = readinessOf(status(more), STEADY_MS);
    expect(reasons.map(({ kind }) => kind)).toEqual(kinds);
    expect(ready).toBe(kinds.length === 0);
  });

  it('names the worker, and how it ended', () => {
    const { reasons } = readinessOf(status({ workers: [crashed()], deaths: [early, early] }), STEADY_MS);
    expect(reasons).toEqual([
      {
        kind: 'crash_loop',
        group: 'web',
        workerId: 0,
        why: 'worker 0 of the group web crashes again and again: status 1 (crash)',
      },
    ]);
  });
});
