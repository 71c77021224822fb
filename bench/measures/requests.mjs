// Requests per second of two workers: a connection for each request, and kept-alive ones.
import { requestRate } from '../lib/loads.mjs';
import { entrantsOf, whyNoLoad } from './entrants.mjs';

const CONTENDING = [
  'serverengine',
  'serverengine-fork',
  'cluster',
  'throng',
  'pm2',
  'puma',
  'gunicorn',
  'ruby',
];

export const requests = {
  name: 'requests',
  what: 'requests per second of 2 workers',
  deadlineMs: 60_000,
  baseline: 'cluster',
  columns: [
    { figure: 'short', title: 'a connection for each', unit: '/s' },
    { figure: 'keepAlive', title: 'kept alive', unit: '/s' },
  ],
  entrants: (scene) =>
    entrantsOf(CONTENDING, scene, {
      rounds: { full: 5, quick: 2 },
      peerRounds: { full: 3, quick: 0 },
      why: () => whyNoLoad(scene),
      run: (contender) => (ground) => rates(ground, contender, scene),
    }),
};

async function rates(ground, contender, { isQuick, tools }) {
  const tree = await ground.start(contender, 2);
  await tree.untilAnswered(2);
  const load = { seconds: isQuick ? 2 : 4, hasWrk: tools.wrk !== undefined };
  const short = await requestRate(tree.port, { ...load, isKeptAlive: false });
  const keepAlive = await requestRate(tree.port, { ...load, isKeptAlive: true });
  return { short, keepAlive };
}
