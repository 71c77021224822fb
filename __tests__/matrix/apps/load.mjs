/**
 * Asks a server repeatedly over several connections until its stdin ends. Prints "answered" when each connection has
 * had an answer, and at the end the results of all questions.
 *
 *   node load.mjs KIND TARGET
 */
const LANES = 6;
/** A higher rate would only take processor time from the servers that restart. */
const PAUSE_MS = 2;

const [kind, target] = process.argv.slice(2);
const { openLane } = await import(`./load-${kind}.mjs`);

const failures = [];
let answered = 0;
let isOver = false;

async function work(index) {
  const lane = await openLane(target, index);
  const ask = async () => {
    try {
      await lane.ask();
      answered += 1;
    } catch (error) {
      failures.push(String(error?.stack ?? error));
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  };
  await ask();
  return {
    rest: async () => {
      while (!isOver) await ask();
      await lane.close?.();
    },
  };
}

const lanes = await Promise.all(Array.from({ length: LANES }, (_, index) => work(index)));
console.log('answered');
process.stdin.resume().once('end', () => (isOver = true));
await Promise.all(lanes.map((lane) => lane.rest()));
console.log(JSON.stringify({ answered, failures }));
process.exit(0);
