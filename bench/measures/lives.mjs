// Start, memory and healing.
import { setTimeout as sleep } from 'node:timers/promises';
import { pssMb } from '../lib/proc.mjs';
import { median } from '../lib/figures.mjs';
import { IN_TURN } from '../lib/asking.mjs';
import { CONTENDERS } from '../lib/contenders.mjs';
import { requestRate } from '../lib/loads.mjs';
import { entrantsOf, whyNoLoad } from './entrants.mjs';

const SETTLE_MS = 1000;
const HEAL_MS = 8000;

const ALL = [
  'serverengine',
  'serverengine-fork',
  'cluster',
  'throng',
  'pm2',
  'puma',
  'puma-preload',
  'gunicorn',
  'gunicorn-preload',
  'ruby',
];
/** Those that fork, and the two that forked workers are compared with. */
const FORKING = ['serverengine', 'serverengine-fork', 'cluster', 'puma-preload', 'gunicorn-preload', 'ruby'];

const LIFE_COLUMNS = [
  { figure: 'start', title: 'start until all answer', unit: 'ms' },
  { figure: 'listening', title: 'start until all listen', unit: 'ms' },
  { figure: 'heal', title: 'kill -9 until a new one answers', unit: 'ms' },
  { figure: 'healListening', title: 'kill -9 until a new one listens', unit: 'ms' },
  { figure: 'memory', title: 'memory of the tree (PSS)', unit: 'MB' },
  { figure: 'workerMemory', title: 'of one worker', unit: 'MB' },
];

/** Start, memory and healing of four workers, in one run of the tree. */
export const life = {
  name: 'life',
  what: 'start, memory and healing of 4 workers',
  deadlineMs: 45_000,
  baseline: 'cluster',
  columns: LIFE_COLUMNS,
  entrants: (scene) =>
    entrantsOf(ALL, scene, {
      rounds: { full: 9, quick: 2 },
      peerRounds: { full: 3, quick: 1 },
      run: (contender) => (ground) => lifeOfFour(ground, contender),
    }),
};

/** The same with what forked workers are for. Without `preload` the server process of serverengine loads the modules, too. */
export const heavyLife = {
  name: 'heavy-life',
  what: 'start, memory and healing of 4 workers that load express, fastify and zod',
  deadlineMs: 60_000,
  baseline: 'cluster',
  columns: LIFE_COLUMNS,
  entrants: (scene) =>
    entrantsOf(['serverengine', 'serverengine-fork', 'serverengine-fork-preload', 'cluster'], scene, {
      rounds: { full: 5, quick: 1 },
      run: (contender) => (ground) => lifeOfFour(ground, contender, { BENCH_HEAVY: '1' }),
    }),
};

async function lifeOfFour(ground, contender, env) {
  const tree = await ground.start(contender, 4, env);
  const { ms, answers } = await tree.untilAnswered(4);
  await sleep(SETTLE_MS);
  const pids = [...answers.keys()];
  const memory = { memory: tree.pssMb(), workerMemory: median(pids.map(pssMb)) };
  const figures = { start: ms, listening: tree.listeningMs, ...memory };
  // A failure to heal leaves the other figures valid.
  const healed = await tree.untilHealed(new Set(pids), HEAL_MS).catch((error) => ({ ms: error.message }));
  return { ...figures, heal: healed.ms, healListening: healed.listeningMs };
}

/** After about 8 s of rest V8 has given back the young generation of the start. */
const REST_MS = 12_000;

/** Memory of four workers at rest, also with an entry that imports reflect-metadata. */
export const memory = {
  name: 'memory',
  what: 'memory of 4 workers, soon after the start and at rest (PSS)',
  deadlineMs: 45_000,
  baseline: 'cluster',
  columns: [
    { figure: 'early', title: `${SETTLE_MS / 1000} s after the start`, unit: 'MB' },
    { figure: 'atRest', title: `${REST_MS / 1000} s after it`, unit: 'MB' },
  ],
  entrants: (scene) =>
    entrantsOf(['serverengine', 'serverengine-reflect', 'cluster'], scene, {
      rounds: { full: 5, quick: 1 },
      run: (contender) => async (ground) => {
        const isReflecting = contender === CONTENDERS['serverengine-reflect'];
        const tree = await ground.start(contender, 4, isReflecting ? { BENCH_REFLECT: '1' } : {});
        await tree.untilAnswered(4);
        await sleep(SETTLE_MS);
        const early = tree.pssMb();
        await sleep(REST_MS - SETTLE_MS);
        return { early, atRest: tree.pssMb() };
      },
    }),
};

export const start16 = {
  name: 'start-16',
  what: 'start of 16 workers',
  deadlineMs: 60_000,
  baseline: 'cluster',
  columns: [
    { figure: 'start', title: 'start until all answer', unit: 'ms' },
    // Where the kernel distributes the connections, the answering worker is random.
    { figure: 'listening', title: 'start until all listen', unit: 'ms' },
  ],
  entrants: (scene) =>
    entrantsOf(ALL, scene, {
      rounds: { full: 5, quick: 1 },
      peerRounds: { full: 3, quick: 0 },
      run: (contender) => async (ground) => {
        const tree = await ground.start(contender, 16);
        const { ms: start } = await tree.untilAnswered(16);
        return { start, listening: tree.listeningMs };
      },
    }),
};

const MANY = 100;
const MANY_MS = 120_000;

/** Without answers: the kernel may give all connections to a few of so many. */
export const start100 = {
  name: 'start-100',
  what: `start of ${MANY} workers`,
  deadlineMs: 150_000,
  baseline: 'cluster',
  columns: [{ figure: 'listening', title: 'start until all listen', unit: 'ms' }],
  entrants: (scene) =>
    entrantsOf(FORKING, scene, {
      rounds: { full: 3, quick: 0 },
      run: (contender) => async (ground) => {
        const tree = await ground.start(contender, MANY);
        await tree.untilListening(MANY, MANY_MS);
        return { listening: tree.listeningMs };
      },
    }),
};

const TRAFFIC_S = 60;

/** Forked workers share memory until they write to it, and a collection writes to all objects. */
export const traffic = {
  name: 'traffic',
  what: 'memory of 4 workers before and after traffic (PSS)',
  deadlineMs: 120_000,
  baseline: 'cluster',
  columns: [
    { figure: 'before', title: `${SETTLE_MS / 1000} s after the start`, unit: 'MB' },
    { figure: 'after', title: `after ${TRAFFIC_S} s of requests`, unit: 'MB' },
  ],
  entrants: (scene) =>
    entrantsOf(FORKING, scene, {
      rounds: { full: 3, quick: 0 },
      peerRounds: { full: 1, quick: 0 },
      why: () => whyNoLoad(scene),
      run: (contender) => async (ground) => {
        const tree = await ground.start(contender, 4);
        await tree.untilAnswered(4);
        await sleep(SETTLE_MS);
        const before = tree.pssMb();
        const hasWrk = scene.tools.wrk !== undefined;
        await requestRate(tree.port, { isKeptAlive: true, seconds: TRAFFIC_S, hasWrk });
        return { before, after: tree.pssMb() };
      },
    }),
};

/** A single worker: from the start of its process until it listens, and its own memory. */
export const oneWorker = {
  name: 'one-worker',
  what: 'start and memory of one worker',
  deadlineMs: 30_000,
  baseline: 'fork',
  columns: [
    { figure: 'start', title: 'start of the process until it listens', unit: 'ms' },
    { figure: 'memory', title: 'memory (PSS)', unit: 'MB' },
  ],
  entrants: (scene) =>
    entrantsOf(['serverengine', 'fork'], scene, {
      rounds: { full: 9, quick: 2 },
      run: (contender) => async (ground) => {
        const tree = await ground.start(contender, 1);
        const [[pid, listeningMs]] = (await tree.untilAnswered(1)).answers;
        await sleep(SETTLE_MS);
        return { start: listeningMs, memory: pssMb(pid) };
      },
    }),
};

const WITH_STANDBY = new Set([CONTENDERS.serverengine, CONTENDERS['serverengine-fork-standby']]);
/** The time until a standby is ready. It starts after the last worker is ready. */
const RESERVE_MS = 3000;

/**
 * Healing with a standby worker, compared with peers without one. Gunicorn and Ruby fork the next worker from a
 * loaded process.
 */
export const standby = {
  name: 'standby',
  what: 'healing of the only worker, with a standby worker and without; one client waits',
  deadlineMs: 45_000,
  baseline: 'gunicorn',
  columns: [{ figure: 'heal', title: 'kill -9 until a new one answers', unit: 'ms' }],
  entrants: (scene) =>
    entrantsOf(
      [
        'serverengine',
        'serverengine-alone',
        'serverengine-fork',
        'serverengine-fork-standby',
        'cluster',
        'pm2',
        'puma',
        'puma-preload',
        'gunicorn',
        'gunicorn-preload',
        'ruby',
      ],
      scene,
      {
        rounds: { full: 7, quick: 2 },
        peerRounds: { full: 7, quick: 1 },
        run: (contender) => (ground) => heal(ground, contender, WITH_STANDBY.has(contender)),
      },
    ),
};

/** Of several workers the kernel would choose which of them answers, and the others would hide the outage. */
async function heal(ground, contender, hasStandby) {
  const tree = await ground.start(contender, 1, hasStandby ? { BENCH_STANDBY: '1' } : {});
  const { answers } = await tree.untilAnswered(1);
  await sleep(hasStandby ? RESERVE_MS : SETTLE_MS);
  return { heal: (await tree.untilHealed(new Set(answers.keys()), HEAL_MS, IN_TURN)).ms };
}
