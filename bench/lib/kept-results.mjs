// The last results of each measure, kept in bench/results.json: measures can be taken on different days.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format } from 'oxfmt';

const FILE = fileURLToPath(new URL('../results.json', import.meta.url));

/** By the name of the measure: `{ date, load, machine, entrants }`. */
export function readKept() {
  try {
    return JSON.parse(readFileSync(FILE, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return {};
    throw new Error(`bench/results.json cannot be read: ${error.message}`, { cause: error });
  }
}

export async function writeKept(results) {
  writeFileSync(FILE, (await format('results.json', JSON.stringify(results))).code);
}

/** `kept`, with the new results in place of the old ones. Results of measures that no longer exist are dropped. */
export function mergeKept(kept, taken, { date, load, machine }, names) {
  const fresh = taken.map(({ measure, entrants }) => [
    measure.name,
    { date, load, machine, entrants: entrants.map(onlyResults) },
  ]);
  return Object.fromEntries(
    Object.entries({ ...kept, ...Object.fromEntries(fresh) }).filter(([name]) => names.includes(name)),
  );
}

const onlyResults = ({ key, title, why, failure, figures }) => ({ key, title, why, failure, figures });

/** The kept results in the order of the measures, in the shape of those that were just taken. */
export function takenOf(kept, measures) {
  return measures.flatMap((measure) => {
    const result = kept[measure.name];
    return result === undefined ? [] : [{ measure, ...result }];
  });
}
