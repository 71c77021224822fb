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
  ['draining: at once, while its workers still serve', { state: 'draining' }, ['state']],
  ['stopping', { state: 'stopping' }, ['state']],
  ['the server does not answer its supervisor', { groups: [], workers: [] }, ['no_ready_worker']],
  ['the only worker is not ready yet', { workers: [worker({ ready: false })] }, ['no_ready_worker']],
  ['one of two groups has none', { groups: [group(), group({ name: 'queue' })] }, ['no_ready_worker']],
  ['a group that is to have none', { groups: [group(), group({ name: 'queue', target: 0 })] }, []],
  [
    'a rolling restart: the old one drains, the new one serves',
    { workers: [worker({ generation: 2 }), worker({ state: 'draining', ready: false })] },
    [],
  ],
  ['one early crash is no loop', { workers: [crashed()], deaths: [early] }, []],
  ['two early crashes are one', { workers: [crashed()], deaths: [early, early] }, ['crash_loop']],
  [
    'of another worker of the same id in another group',
    { workers: [crashed()], deaths: [early, death({ group: 'queue' })] },
    [],
  ],
  ['it has become steady', { workers: [crashed({ uptimeMs: STEADY_MS })], deaths: [early, early] }, []],
  [
    'crashes after a long life are no loop',
    { workers: [crashed({ lastExit: late })], deaths: [late, late] },
    [],
  ],
  [
    'ends that were wished are none',
    {
      workers: [crashed({ lastExit: death({ reason: 'max_memory' }) })],
      deaths: [death({ reason: 'max_memory' }), death({ reason: 'max_memory' })],
    },
    [],
  ],
  [
    'many crash at once: the list of deaths is too short, the wait for the next start says it',
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
    'the wait after a first crash, as of restartWorkerInterval',
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
    'one that is over crashes no more',
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
