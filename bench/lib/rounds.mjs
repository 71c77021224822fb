// Runs all entrants of a measure in turns for several rounds. A failure is recorded and does not stop the others.
import { clearTimeout } from 'node:timers';
import { endCommands } from './commands.mjs';
import { assertRunning, interrupted } from './interruption.mjs';
import { Tree } from './tree.mjs';

/** The trees that one entrant starts in one round. */
class Ground {
  #trees = [];
  #isOver = false;

  async start(...args) {
    const tree = await Tree.start(...args);
    this.#trees.push(tree);
    if (!this.#isOver) return tree;
    await tree.end();
    throw new Error('it went over its time and did not notice');
  }

  async end() {
    this.#isOver = true;
    await Promise.all(this.#trees.map((tree) => tree.end()));
  }
}

/**
 * `entrants`: `{ key, title, rounds, why, run }`, with the reason `why` when it cannot take part. Adds the figures of
 * its rounds to each (undefined for a skipped or failed round) and the reason of the first failure.
 */
export async function takeRounds({ entrants, deadlineMs, isAtOnce = false }, tell) {
  for (const entrant of entrants) Object.assign(entrant, { figures: [], failure: entrant.why });
  const count = Math.max(...entrants.map(({ rounds }) => rounds));
  for (let round = 0; round < count; round += 1) {
    const taking = entrants.filter(({ failure, rounds }) => failure === undefined && round < rounds);
    if (round % 2 === 1) taking.reverse();
    tell(`round ${round + 1} of ${count}: ${taking.map(({ title }) => title).join(', ')}`);
    const turns = taking.map((entrant) => () => takeTurn(entrant, round, deadlineMs));
    if (isAtOnce) await Promise.all(turns.map((turn) => turn()));
    else for (const turn of turns) await turn();
  }
}

async function takeTurn(entrant, round, deadlineMs) {
  const ground = new Ground();
  let timer;
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${deadlineMs / 1000} s`)), deadlineMs);
  });
  try {
    const broken = interrupted.then(assertRunning);
    entrant.figures[round] = await Promise.race([entrant.run(ground), late, broken]);
  } catch (error) {
    entrant.failure = error.message;
  } finally {
    clearTimeout(timer);
    await ground.end();
    // A late entrant may still run commands.
    if (entrant.failure !== undefined) await endCommands();
  }
}

/** The values of one figure by round. */
export function valuesOf(entrant, figure) {
  return (entrant?.figures ?? []).map((figures) => figures?.[figure]);
}
