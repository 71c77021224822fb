// Start, memory and healing.
import { setTimeout as sleep } from 'node:timers/promises';
import { pssMb } from '../lib/proc.mjs';
import { median } from '../lib/figures.mjs';
import { CONTENDERS } from '../lib/contenders.mjs';
import { entrantsOf } from './entrants.mjs';

const SETTLE_MS = 1000;
const HEAL_MS = 8000;

/** Start, memory and healing of four workers, in one run of the tree. */
export const life = {
  name: 'life',
  what: 'start, memory and healing of 4 workers',
  deadlineMs: 45_000,
  baseline: 'cluster',
  columns: [
    { figure: 'start', title: 'start until all answer', unit: 'ms' },
    { figure: 'listening', title: 'start until all listen', unit: 'ms' },
    { figure: 'heal', title: 'kill -9 until a new one answers', unit: 'ms' },
    { figure: 'healListening', title: 'kill -9 until a new one listens', unit: 'ms' },
    { figure: 'memory', title: 'memory of the tree (PSS)', unit: 'MB' },
    { figure: 'workerMemory', title: 'of one worker', unit: 'MB' },
  ],
  entrants: (scene) =>
    entrantsOf(
      ['serverengine', 'serverengine-fork', 'cluster', 'throng', 'pm2', 'puma', 'gunicorn', 'ruby'],
      scene,
      {
        rounds: { full: 9, quick: 2 },
        peerRounds: { full: 3, quick: 1 },
        run: (contender) => (ground) => lifeOfFour(ground, contender),
      },
    ),
};

async function lifeOfFour(ground, contender) {
  const tree = await ground.start(contender, 4);
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
    entrantsOf(
      ['serverengine', 'serverengine-fork', 'cluster', 'throng', 'pm2', 'puma', 'gunicorn', 'ruby'],
      scene,
      {
        rounds: { full: 5, quick: 1 },
        peerRounds: { full: 3, quick: 0 },
        run: (contender) => async (ground) => {
          const tree = await ground.start(contender, 16);
          const { ms: start } = await tree.untilAnswered(16);
          return { start, listening: tree.listeningMs };
        },
      },
    ),
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

/** The time until a standby is ready. It starts after the last worker is ready. */
const RESERVE_MS = 3000;

/**
 * Healing with a standby worker, compared with peers without one. Gunicorn and Ruby fork the next worker from a
 * loaded process.
 */
export const standby = {
  name: 'standby',
  what: 'healing of one of 4 workers, with a standby worker and without',
  deadlineMs: 45_000,
  baseline: 'gunicorn',
  columns: [{ figure: 'heal', title: 'kill -9 until a new one answers', unit: 'ms' }],
  entrants: (scene) =>
    entrantsOf(
      [
        'serverengine',
        'serverengine-alone',
        'serverengine-fork',
        'cluster',
        'pm2',
        'puma',
        'gunicorn',
        'ruby',
      ],
      scene,
      {
        rounds: { full: 7, quick: 2 },
        peerRounds: { full: 7, quick: 1 },
        run: (contender) => (ground) => heal(ground, contender, contender === CONTENDERS.serverengine),
      },
    ),
};

/** Until a new worker answers. The answers of the others do not count. */
async function heal(ground, contender, hasStandby) {
  const tree = await ground.start(contender, 4, hasStandby ? { BENCH_STANDBY: '1' } : {});
  const { answers } = await tree.untilAnswered(4);
  await sleep(hasStandby ? RESERVE_MS : SETTLE_MS);
  return { heal: (await tree.untilHealed(new Set(answers.keys()), HEAL_MS)).ms };
}
