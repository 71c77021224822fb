// The engines that chaos runs: each row is a kind of tree. A new feature of the engine is a new row here, or one of
// SETTINGS.

const PROCESS = { name: 'web', type: 'process', workers: 2 };
const THREAD = { name: 'calc', type: 'thread', workers: 2 };
const SPAWN = { name: 'ext', type: 'spawn', workers: 2 };
const EMBEDDED = { name: 'own', type: 'embedded', workers: 1 };

const ONE_GROUP = [PROCESS, THREAD, SPAWN, EMBEDDED].map((group) => [group]);
const TWO_GROUPS = [
  [PROCESS, { ...PROCESS, name: 'queue', workers: 1 }],
  [PROCESS, SPAWN],
  [PROCESS, THREAD],
  [EMBEDDED, PROCESS],
];

/** `weight`: how often a shape is chosen. Process workers are the most common ones. */
export const SHAPES = [...ONE_GROUP, ...TWO_GROUPS].flatMap((groups) =>
  [false, true].map((supervisor) => ({
    name: `${groups.map(({ name, type }) => `${name}:${type}`).join('+')}${supervisor ? ', supervisor' : ''}`,
    groups,
    supervisor,
    weight: groups[0].type === 'process' ? 2 : 1,
  })),
);

/** Workers that run a class of the app in their own process or thread. */
function runOurClass({ groups }) {
  return groups.every(({ type }) => type === 'process' || type === 'thread');
}

/**
 * Keys that vary within a shape, each set in so many percent of the episodes. `fits`: where the key has an effect.
 * `ofType`: set only for groups of that type.
 */
export const SETTINGS = [
  { percent: 25, config: { restartStrategy: 'all' } },
  { percent: 25, config: { restartStrategy: 'rolling' } },
  { percent: 20, config: { restartServerProcess: true }, fits: ({ supervisor }) => supervisor },
  { percent: 25, config: { daemonize: true } },
  { percent: 20, config: { startRetry: true } },
  { percent: 15, config: { workerLagWarn: 0.3 } },
  { percent: 10, config: { hangDiagnosis: 'thread' } },
  { percent: 25, config: { standbyWorkers: 1 }, fits: runOurClass },
  { percent: 10, config: { standbyWorkers: 2 }, fits: runOurClass },
  // Longer than a busy machine takes to start a worker, otherwise it never rests. A worker does up to 80 jobs a second.
  { percent: 10, config: { workerMaxJobs: 1500 }, fits: runOurClass },
  {
    percent: 10,
    config: { workerMaxAge: 15 },
    fits: ({ groups }) => groups.every(({ type }) => type !== 'embedded'),
  },
  {
    percent: 10,
    config: { workerMaxMemory: '140MB' },
    fits: ({ groups }) => groups.every(({ type }) => type !== 'embedded'),
  },
  { percent: 10, config: { workerHeapLimit: '64MB' }, fits: runOurClass },
  { percent: 60, config: { killTree: true }, ofType: 'spawn' },
  { percent: 20, config: { acceptBalance: true }, ofType: 'process' },
  { percent: 15, config: { autoscale: { min: 1, max: 4, target: 0.5 } }, fits: runOurClass },
];

/**
 * What forked workers do while they serve: names of bench/forked/things.cjs. Those that measure times are not among them, because
 * processes are frozen here.
 */
export const USES = [
  { name: 'gc', weight: 4 },
  { name: 'gc under load', weight: 2 },
  { name: 'heap of 1 GB', weight: 1 },
  { name: 'wasm', weight: 2 },
  { name: 'worker_threads', weight: 3 },
  { name: 'child_process', weight: 3 },
  { name: 'fetch', weight: 2 },
  { name: 'tls', weight: 2 },
  { name: 'zlib', weight: 2 },
  { name: 'fs.watch', weight: 2 },
  { name: 'crypto', weight: 1 },
  { name: 'optimizing', weight: 1 },
  { name: 'node:sqlite', weight: 1, since: 22 },
  { name: 'addon: libsql', weight: 1, addon: 'libsql' },
  { name: 'addon: argon2 (thread pool)', weight: 1, addon: '@node-rs/argon2' },
  { name: 'addon: classic-level (threads of its own)', weight: 1, addon: 'classic-level' },
  { name: 'addon: sharp (libvips)', weight: 1, addon: 'sharp' },
];

/** Shortened so that an episode is short: what takes minutes by default takes a few seconds. */
export const TIMES = {
  workerHeartbeatInterval: 0.5,
  workerHeartbeatTimeout: 8,
  workerHeartbeatKillDelay: 1,
  workerGracefulKillInterval: 1,
  workerGracefulKillTimeout: 6,
  workerImmediateKillInterval: 1,
  workerImmediateKillTimeout: 3,
  workerReadyTimeout: 10,
  restartBackoffMax: 1,
  restartBackoffReset: 2,
  serverRestartWait: 0.2,
  serverDetachWait: 2,
  serverHeartbeatInterval: 0.5,
  serverHeartbeatTimeout: 10,
  serverHeartbeatKillDelay: 1,
  serverGracefulKillInterval: 2,
  serverGracefulKillTimeout: 15,
  serverImmediateKillInterval: 1,
  serverImmediateKillTimeout: 6,
  daemonizeTimeout: 20,
};
