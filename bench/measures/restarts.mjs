// Restarts: what a client notices, how long they take, and that no request is lost.
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../lib/commands.mjs';
import { CONTENDERS } from '../lib/contenders.mjs';
import { atFixedRate } from '../lib/loads.mjs';
import { entrantsOf, roundsFor, whyNot } from './entrants.mjs';

export const RATE = 300;
const WORKERS = 4;
const wayTitle = (contender, way) => `${contender.title}: ${way.title}`;
const CLUSTER_WAY = wayTitle(CONTENDERS.cluster, CONTENDERS.cluster.ways[0]);
const RESTART_MS = 30_000;
const PROOF = fileURLToPath(new URL('../proof/run.mjs', import.meta.url));
const PROOF_MS = 900_000;

/** One entrant for each way of a restart that a contender has. */
function waysOf(ids, scene, { rounds, peerRounds, isTaken = () => true, run }) {
  return ids.flatMap((id) => {
    const contender = CONTENDERS[id];
    const count = roundsFor(id === 'serverengine' || id === 'cluster' ? rounds : peerRounds, scene);
    return contender.ways.filter(isTaken).flatMap((way) => {
      const title = wayTitle(contender, way);
      const why = whyNot(id, scene);
      return count === 0 ? [] : [{ key: title, title, rounds: count, why, run: run(contender, way) }];
    });
  });
}

export const restartLatency = {
  name: 'restart-latency',
  what: `answers at a fixed rate of ${RATE} requests a second during a graceful restart`,
  deadlineMs: 60_000,
  baseline: CLUSTER_WAY,
  columns: [
    { figure: 'p50', title: 'half within', unit: 'ms' },
    { figure: 'p99', title: '99 % within', unit: 'ms' },
    { figure: 'max', title: 'slowest', unit: 'ms' },
    { figure: 'failed', title: 'failed', unit: '', isTotal: true },
    { figure: 'again', title: 'asked again', unit: '', isTotal: true },
    { figure: 'took', title: 'restart took', unit: 'ms' },
  ],
  entrants: (scene) =>
    waysOf(['serverengine', 'cluster', 'pm2', 'puma', 'gunicorn', 'ruby'], scene, {
      rounds: { full: 5, quick: 1 },
      peerRounds: { full: 3, quick: 0 },
      run: (contender, way) => (ground) => latency(ground, contender, way, scene),
    }),
};

async function latency(ground, contender, { env, act }, { isQuick }) {
  const tree = await ground.start(contender, WORKERS, env);
  const { answers } = await tree.untilAnswered(WORKERS);
  const aroundMs = isQuick ? 500 : 1500;
  let tookMs;
  const report = await atFixedRate(tree.port, RATE, 2 * RESTART_MS, async () => {
    await sleep(aroundMs);
    tookMs = await restart(tree, act, new Set(answers.keys()));
    await sleep(aroundMs);
  });
  return { ...report, took: tookMs };
}

/** Resolves with the time until all workers were new and the old ones gone. */
async function restart(tree, act, old) {
  const startedAt = performance.now();
  await Promise.all([act(tree), tree.untilReplaced(old, RESTART_MS)]);
  return performance.now() - startedAt;
}

export const rolling = {
  name: 'rolling',
  what: 'rolling restart of 8 workers',
  deadlineMs: 60_000,
  baseline: CLUSTER_WAY,
  columns: [{ figure: 'took', title: 'until all are replaced', unit: 'ms' }],
  entrants: (scene) =>
    waysOf(['serverengine', 'cluster', 'pm2', 'puma', 'gunicorn'], scene, {
      rounds: { full: 5, quick: 1 },
      peerRounds: { full: 3, quick: 0 },
      isTaken: ({ isRolling }) => isRolling,
      run:
        (contender, { env, act }) =>
        async (ground) => {
          const tree = await ground.start(contender, 8, env);
          const { answers } = await tree.untilAnswered(8);
          return { took: await restart(tree, act, new Set(answers.keys())) };
        },
    }),
};

export const reload = {
  name: 'reload',
  what: 'USR2 until all 8 workers have called reload',
  deadlineMs: 30_000,
  baseline: 'ruby',
  columns: [{ figure: 'took', title: 'until all have', unit: 'ms' }],
  entrants: (scene) =>
    entrantsOf(['serverengine', 'ruby'], scene, {
      rounds: { full: 5, quick: 1 },
      run: (contender) => async (ground) => {
        const tree = await ground.start(contender, 8);
        await tree.untilAnswered(8);
        const startedAt = performance.now();
        tree.signal('SIGUSR2');
        await tree.untilRecorded(8, RESTART_MS);
        return { took: performance.now() - startedAt };
      },
    }),
};

/** The proof in its full form, with nginx where it is installed. */
export const failures = {
  name: 'failures',
  what: 'failed requests over 10 restarts of each kind under load',
  deadlineMs: PROOF_MS,
  columns: [
    { figure: 'failed', title: 'failed', unit: '', isTotal: true },
    { figure: 'asked', title: 'of', unit: '', isTotal: true },
    { figure: 'kinds', title: 'kinds of restart', unit: '' },
  ],
  entrants: (scene) =>
    entrantsOf(['serverengine'], scene, { rounds: { full: 1, quick: 0 }, run: () => () => prove() }),
};

async function prove() {
  const { code, stdout, stderr } = await runCommand(process.execPath, [PROOF, '--json'], {
    limitMs: PROOF_MS,
  });
  if (!stdout.startsWith('[')) throw new Error(`the proof ended with ${code}: ${stderr.trim().slice(-200)}`);
  return summarize(JSON.parse(stdout));
}

/** For a killed process only refused connections count: its requests in flight are always lost. */
export function summarize(kinds) {
  const rows = kinds.map((kind) => ({ kind, failed: failedOf(kind) }));
  const asked = kinds.flatMap((kind) => Object.values(kind.asked));
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  return {
    failed: sum(rows.map(({ failed }) => failed)),
    asked: sum(asked),
    kinds: kinds.length,
    failures: Object.fromEntries(
      rows.filter(({ failed }) => failed > 0).map(({ kind, failed }) => [reasonOf(kind), failed]),
    ),
  };
}

function failedOf({ isGraceful, refused, reset, lost, twice }) {
  return isGraceful ? refused + reset + lost + twice : refused;
}

function reasonOf({ name, failures = [] }) {
  return failures.length === 0 ? name : `${name}: ${failures.join('; ')}`;
}
