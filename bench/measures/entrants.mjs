// The entrants of a measure: who takes part, in how many rounds, and who cannot.
import { CONTENDERS } from '../lib/contenders.mjs';

/** The installation that a contender needs. */
const NEEDS = {
  throng: 'throng',
  pm2: 'pm2',
  puma: 'puma',
  'puma-preload': 'puma',
  gunicorn: 'gunicorn',
  'gunicorn-preload': 'gunicorn',
  ruby: 'ruby',
  'logs-winston': 'winston',
  'logs-pino': 'pino',
};

/** The two that budgets compare take more rounds than the others. */
const MAIN = new Set([
  'serverengine',
  'serverengine-alone',
  'serverengine-fork',
  'serverengine-fork-preload',
  'serverengine-fork-standby',
  'serverengine-reflect',
  'cluster',
  'fork',
  'inherited-fd',
]);

/**
 * One entrant for each contender. `run` makes the function of a round. `why` gives the reason why a contender cannot
 * take part. Rounds are `{ full, quick }`; without any it is left out.
 */
export function entrantsOf(ids, scene, { rounds, peerRounds = rounds, why, run }) {
  return ids.flatMap((id) => {
    const contender = CONTENDERS[id];
    const count = roundsFor(MAIN.has(id) ? rounds : peerRounds, scene);
    if (count === 0) return [];
    const reason = why?.(id) ?? whyNot(id, scene);
    return [{ key: id, contender, title: contender.title, rounds: count, why: reason, run: run(contender) }];
  });
}

export const roundsFor = (rounds, { isQuick }) => (isQuick ? rounds.quick : rounds.full);

export function whyNot(id, { tools, peersTrouble }) {
  const need = NEEDS[id];
  if (need === undefined || tools[need] !== undefined) return undefined;
  return peersTrouble !== undefined && !['puma', 'gunicorn', 'ruby'].includes(need)
    ? `not installed (${peersTrouble})`
    : 'not installed';
}

export const whyNoLoad = ({ tools }) =>
  (tools.wrk ?? tools.autocannon) ? undefined : 'neither wrk nor autocannon';
