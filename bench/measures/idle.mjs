// The idle cost of four workers without requests.
import { setTimeout as sleep } from 'node:timers/promises';
import { entrantsOf } from './entrants.mjs';

/** An idle V8 compacts each heap, which takes about 50 ms of processor time within 20 s and then no more. */
const SETTLE_MS = 20_000;
/** The figure then includes some of that. */
const QUICK_SETTLE_MS = 8000;

export const idle = {
  name: 'idle',
  what: 'idle processor use of 4 workers',
  deadlineMs: 120_000,
  columns: [{ figure: 'cpu', title: 'of one core', unit: '%', isShare: true }],
  // It mostly waits.
  isAtOnce: true,
  entrants: (scene) =>
    entrantsOf(['serverengine', 'cluster', 'throng', 'pm2', 'puma', 'gunicorn', 'ruby'], scene, {
      rounds: { full: 3, quick: 1 },
      peerRounds: { full: 1, quick: 0 },
      run: (contender) => async (ground) => {
        const tree = await ground.start(contender, 4);
        await tree.untilAnswered(4);
        await sleep(scene.isQuick ? QUICK_SETTLE_MS : SETTLE_MS);
        return { cpu: await tree.cpuPercent(scene.isQuick ? 6000 : 60_000) };
      },
    }),
};
