// Whether a budget is kept.
import { compare, isNumber, median } from './figures.mjs';
import { valuesOf } from './rounds.mjs';

/**
 * `results`: entrants by measure. Returns the result of a budget row: the values of both sides, their comparison
 * round by round, and whether budget and aim are kept. `missing` is the reason why there is no result.
 */
export function judge(row, results) {
  const entrants = results.get(row.measure);
  if (entrants === undefined) return { row, missing: 'not measured' };
  const find = (key) => entrants.find((entrant) => entrant.key === key);
  const own = find(row.ours ?? 'serverengine');
  const ours = valuesOf(own, row.figure);
  const peers = row.against
    .map(find)
    .filter((peer) => peer !== undefined)
    .map((peer) => ({ title: peer.title, values: valuesOf(peer, row.figure) }));
  const sides = { row, ours: ours.filter(isNumber), peers };
  if (sides.ours.length === 0) return { ...sides, missing: reasonOf(own, ours) };

  const judged = row.by === 'itself' ? [sides.ours] : comparisons(row, ours, peers);
  if (judged.length === 0) return { ...sides, missing: 'nothing to compare with' };
  const [compared] = judged.sort((left, right) => order(row, median(left), median(right)));
  const value = median(compared);
  const keeps = (limit) => (row.isLeast ? value >= limit : value <= limit);
  return { ...sides, compared, value, isKept: keeps(row.budget), isAimKept: keeps(row.aim) };
}

const comparisons = (row, ours, peers) =>
  peers
    .map(({ values }) => compare(ours.map(orNothing), values.map(orNothing), row.by))
    .filter(({ length }) => length > 0);

const orNothing = (value) => (isNumber(value) ? value : undefined);

/** The worst comparison first. */
const order = ({ isLeast }, left, right) => (isLeast ? left - right : right - left);

function reasonOf(entrant, values) {
  if (entrant === undefined) return 'not measured';
  return entrant.failure ?? values.find((value) => typeof value === 'string') ?? 'not measured';
}
