// A client process. Its argument names the lanes. It sends load until it is told to end, and reports.
import { SORTS, Tally } from './sorts.mjs';

/** @type {{ prefix: string, lanes: { sort: string, target: object, count: number }[] }} */
const { prefix, lanes } = JSON.parse(process.argv[2]);

let isOver = false;
process.once('message', () => (isOver = true));
process.once('disconnect', () => process.exit(1));

const tallies = new Map();
const running = [];
for (const { sort, target, count } of lanes) {
  const tally = tallies.get(sort) ?? new Tally(`${prefix}-${sort}`);
  tallies.set(sort, tally);
  for (let lane = 0; lane < count; lane += 1) running.push(SORTS[sort](target, tally, () => isOver));
}
process.send('loading');
await Promise.all(running);
process.send(Object.fromEntries(tallies), () => process.exit(0));
