// The budgets of serverengine, and its aims.

/**
 * `ours` and `against`: keys of entrants of the measure. The best of several peers counts. `by`: a ratio or
 * difference of ours to theirs, or the value itself. `budget` and `aim`: upper limits, or lower ones with `isLeast`.
 */
export const BUDGETS = [
  {
    what: 'start until 4 workers answer',
    ...{ measure: 'life', figure: 'start', unit: 'ms', against: ['cluster'] },
    ...{ by: 'ratio', budget: 1.25, aim: 1 },
  },
  {
    what: 'kill -9 until a new worker answers, no standby',
    ...{ measure: 'life', figure: 'heal', unit: 'ms', against: ['cluster'] },
    ...{ by: 'ratio', budget: 1.2, aim: 1 },
  },
  {
    what: 'kill -9 of the only worker until its standby answers',
    ...{ measure: 'standby', figure: 'heal', unit: 'ms', against: ['gunicorn', 'ruby'] },
    ...{ by: 'ratio', budget: 2, aim: 1 },
  },
  {
    what: 'the same, as a time',
    ...{ measure: 'standby', figure: 'heal', unit: 'ms', against: [] },
    ...{ by: 'itself', budget: 20, aim: 15 },
  },
  {
    what: 'short connections, 2 workers',
    ...{ measure: 'requests', figure: 'short', unit: '/s', against: ['cluster'] },
    ...{ by: 'ratio', isLeast: true, budget: 1.5, aim: 1.9 },
  },
  {
    what: 'keep-alive requests, 2 workers',
    ...{ measure: 'requests', figure: 'keepAlive', unit: '/s', against: ['cluster'] },
    ...{ by: 'ratio', isLeast: true, budget: 0.97, aim: 1.05 },
  },
  {
    what: 'memory of the tree, 4 workers (PSS)',
    ...{ measure: 'life', figure: 'memory', unit: 'MB', against: ['cluster'] },
    ...{ by: 'ratio', budget: 1.25, aim: 1.05 },
  },
  {
    what: 'one worker: its memory (PSS)',
    ...{ measure: 'one-worker', figure: 'memory', unit: 'MB', against: ['fork'] },
    ...{ by: 'difference', budget: 6, aim: 3 },
  },
  {
    what: 'one worker: its start until it listens',
    ...{ measure: 'one-worker', figure: 'start', unit: 'ms', against: ['fork'] },
    ...{ by: 'difference', budget: 40, aim: 15 },
  },
  {
    what: 'idle processor use, 4 workers',
    ...{ measure: 'idle', figure: 'cpu', unit: '% of a core', against: ['cluster'] },
    ...{ by: 'itself', budget: 0.5, aim: 0.1 },
  },
  {
    what: "parent's cost of 200 workers",
    ...{ measure: 'parent', ours: 'serverengine 200', against: ['cluster 200'] },
    ...{ figure: 'cpu', unit: '% of a core', by: 'itself', budget: 4, aim: 1 },
  },
  {
    what: 'is it linear: for each of 200 workers, to each of 10',
    ...{ measure: 'parent', ours: 'serverengine 200', against: ['serverengine 10'] },
    ...{ figure: 'cpuPerWorker', unit: '% of a core', by: 'ratio', budget: 1.25, aim: 1 },
  },
  {
    what: 'log lines, 4 workers to one file',
    ...{ measure: 'logs', figure: 'rate', unit: '/s', against: ['winston'] },
    ...{ by: 'ratio', isLeast: true, budget: 1.5, aim: 5 },
  },
  {
    what: 'failed requests over 10 restarts of each kind under load',
    ...{ measure: 'failures', figure: 'failed', unit: '', against: [] },
    ...{ by: 'itself', budget: 0, aim: 0 },
  },
  ...[
    { program: 'forked', measure: 'life', ours: 'serverengine-fork' },
    { program: 'forked, large program', measure: 'heavy-life', ours: 'serverengine-fork' },
    { program: 'forked, large program in preload', measure: 'heavy-life', ours: 'serverengine-fork-preload' },
  ].flatMap(({ program, ...row }) => [
    {
      what: `${program}: start until 4 workers answer`,
      ...{ ...row, figure: 'start', unit: 'ms', against: ['cluster'] },
      ...{ by: 'ratio', budget: 0.7, aim: 0.5 },
    },
    {
      what: `${program}: kill -9 until a new worker answers`,
      ...{ ...row, figure: 'heal', unit: 'ms', against: [] },
      ...{ by: 'itself', budget: 25, aim: 15 },
    },
    {
      what: `${program}: memory of the tree, 4 workers (PSS)`,
      ...{ ...row, figure: 'memory', unit: 'MB', against: ['cluster'] },
      ...{ by: 'ratio', budget: 0.7, aim: 0.5 },
    },
  ]),
  {
    what: 'forked: start until 16 workers answer',
    ...{ measure: 'start-16', ours: 'serverengine-fork', figure: 'start', unit: 'ms', against: ['cluster'] },
    ...{ by: 'ratio', budget: 0.4, aim: 0.25 },
  },
  {
    what: 'forked: start until 100 workers listen',
    ...{ measure: 'start-100', ours: 'serverengine-fork', against: ['cluster'] },
    ...{ figure: 'listening', unit: 'ms', by: 'ratio', budget: 0.3, aim: 0.2 },
  },
  {
    what: 'forked: keep-alive requests, 2 workers',
    ...{ measure: 'requests', ours: 'serverengine-fork', against: ['cluster'] },
    ...{ figure: 'keepAlive', unit: '/s', by: 'ratio', isLeast: true, budget: 0.97, aim: 1.05 },
  },
  {
    what: 'forked: short connections, 2 workers',
    ...{ measure: 'requests', ours: 'serverengine-fork', against: ['cluster'] },
    ...{ figure: 'short', unit: '/s', by: 'ratio', isLeast: true, budget: 1.5, aim: 1.9 },
  },
];
