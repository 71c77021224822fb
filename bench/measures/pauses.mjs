// Pauses for garbage collection of a worker under load: a forked worker collects on its one thread.
import { percentile } from '../lib/figures.mjs';
import { requestRate } from '../lib/loads.mjs';
import { entrantsOf, whyNoLoad } from './entrants.mjs';

export const pauses = {
  name: 'pauses',
  what: 'pauses for garbage collection of a worker that allocates for each request',
  deadlineMs: 90_000,
  baseline: 'cluster',
  columns: [
    { figure: 'middle', title: '50 %', unit: 'ms' },
    { figure: 'long', title: '95 %', unit: 'ms' },
    { figure: 'longer', title: '99 %', unit: 'ms' },
    { figure: 'longest', title: 'longest', unit: 'ms' },
    { figure: 'share', title: 'share of the time', unit: '%', isShare: true },
    { figure: 'rate', title: 'requests', unit: '/s' },
  ],
  entrants: (scene) =>
    entrantsOf(['serverengine', 'serverengine-fork', 'cluster'], scene, {
      rounds: { full: 5, quick: 0 },
      why: () => whyNoLoad(scene),
      run: (contender) => (ground) => pausesOfOne(ground, contender, scene),
    }),
};

const WARM_UP_S = 3;
const MEASURED_S = 15;

async function pausesOfOne(ground, contender, { tools }) {
  const tree = await ground.start(contender, 1, { BENCH_ALLOCATE: '1' });
  await tree.untilAnswered(1);
  const load = { isKeptAlive: true, hasWrk: tools.wrk !== undefined };
  await requestRate(tree.port, { ...load, seconds: WARM_UP_S });
  const before = await tree.untilRecorded(1, 0);
  const rate = await requestRate(tree.port, { ...load, seconds: MEASURED_S });
  const times = (await tree.untilRecorded(before.length + 1, 0)).slice(before.length).map(Number);
  const sorted = times.sort((left, right) => left - right);
  const sum = sorted.reduce((total, time) => total + time, 0);
  return {
    middle: percentile(sorted, 50),
    long: percentile(sorted, 95),
    longer: percentile(sorted, 99),
    longest: sorted.at(-1),
    share: sum / (10 * MEASURED_S),
    rate,
  };
}
