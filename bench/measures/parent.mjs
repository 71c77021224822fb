// The cost of many sleeping workers for their parent.
import { setTimeout as sleep } from 'node:timers/promises';
import { CONTENDERS } from '../lib/contenders.mjs';
import { roundsFor } from './entrants.mjs';

const START_MS = 200_000;

const SIZES = { full: [10, 50, 100, 200], quick: [20] };
/** Two sizes show whether the cost is linear. */
const TWICE = [10, 200];

export const parent = {
  name: 'parent',
  what: 'cost of the server process and its helpers; start of 200 workers',
  deadlineMs: 300_000,
  baselineTitle: 'node:cluster with as many workers',
  baseline: (key) => key.replace('serverengine', 'cluster'),
  columns: [
    { figure: 'cpu', title: 'of one core', unit: '%', isShare: true },
    { figure: 'cpuPerWorker', title: 'for each worker', unit: '%', isShare: true },
    { figure: 'memory', title: 'memory (PSS)', unit: 'MB' },
    { figure: 'started', title: 'start until all run', unit: 'ms' },
  ],
  entrants: (scene) =>
    roundsFor(SIZES, scene).flatMap((size) =>
      ['serverengine', 'cluster'].map((id) => ({
        key: `${id} ${size}`,
        title: `${CONTENDERS[id].title}, ${size} workers`,
        rounds: !scene.isQuick && TWICE.includes(size) ? 2 : 1,
        run: (ground) => cost(ground, CONTENDERS[`sleep-${id}`], size, scene),
      })),
    ),
};

async function cost(ground, contender, size, { isQuick }) {
  const tree = await ground.start(contender, size);
  const workers = new Set((await tree.untilRecorded(size, START_MS)).map(Number));
  const { ageMs } = tree;
  await sleep(isQuick ? 1000 : 15_000);
  const others = tree.pids().filter((pid) => !workers.has(pid));
  const memory = tree.pssMb(others);
  const cpu = await tree.cpuPercent(isQuick ? 3000 : 20_000, others);
  return { started: ageMs, memory, cpu, cpuPerWorker: cpu / size };
}
