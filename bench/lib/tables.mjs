// Results as Markdown tables.
import { compare, digitsFor, isNumber, show, showRatios } from './figures.mjs';
import { valuesOf } from './rounds.mjs';

const MOST_OF_A_REASON = 70;

export function budgetTable(judgements) {
  const head = ['what', 'against', 'theirs', 'serverengine', 'compared', 'budget', 'kept', 'aim', 'reached'];
  return table(
    head,
    judgements.map(({ row, ours = [], peers = [], compared, missing, isKept, isAimKept }) => [
      row.what,
      peers.map(({ title }) => title).join(', ') || '–',
      peers.map(({ values }) => cell(values, row.unit)).join(', ') || '–',
      ours.length > 0 ? show(ours, row.unit) : '–',
      missing ?? showCompared(row, compared),
      showLimit(row, row.budget),
      missing === undefined ? yesNo(isKept) : '–',
      showLimit(row, row.aim),
      missing === undefined ? yesNo(isAimKept) : '–',
    ]),
  );
}

const yesNo = (is) => (is ? 'yes' : '**no**');

function showCompared({ by, unit }, compared) {
  if (by === 'ratio') return showRatios(compared);
  const text = show(compared, unit);
  return by === 'difference' && !text.startsWith('-') ? `+${text}` : text;
}

function showLimit({ by, unit, isLeast }, limit) {
  const sign = by === 'ratio' ? '×' : unit === '' ? '' : ` ${unit}`;
  return `${isLeast ? '≥' : '≤'} ${by === 'difference' ? '+' : ''}${limit.toFixed(digitsFor(limit))}${sign}`;
}

/** All entrants of one measure, each value with its ratio to the baseline. */
export function measureTable({ columns, baseline }, entrants) {
  const baselineOf = (key) => (typeof baseline === 'function' ? baseline(key) : baseline);
  return table(
    ['', ...columns.map(({ title }) => title)],
    entrants.map((entrant) => {
      const base = entrants.find(({ key }) => key === baselineOf(entrant.key));
      if (entrant.figures.length === 0)
        return [entrant.title, short(entrant.failure), ...columns.slice(1).map(() => '–')];
      return [entrant.title, ...columns.map((column) => columnCell(column, entrant, base))];
    }),
  );
}

function columnCell({ figure, unit, isTotal, isShare }, entrant, base) {
  const values = valuesOf(entrant, figure);
  const numbers = values.filter(isNumber);
  if (isTotal && numbers.length > 0) return String(numbers.reduce((sum, value) => sum + value, 0));
  const text = cell(values, unit);
  // A ratio to almost zero is meaningless.
  if (isShare || base === undefined || base === entrant || numbers.length === 0) return text;
  const ratios = compare(values, valuesOf(base, figure), 'ratio').filter(isNumber);
  return ratios.length === 0 ? text : `${text}: ${showRatios(ratios)}`;
}

function cell(values, unit) {
  const numbers = values.filter(isNumber);
  if (numbers.length > 0) return show(numbers, unit);
  return short(values.find((value) => typeof value === 'string') ?? '–');
}

/** Shortened to one line, so that it fits into the table. */
function short(reason) {
  const line = reason.split('\n')[0].replaceAll('|', '/');
  return line.length > MOST_OF_A_REASON ? `${line.slice(0, MOST_OF_A_REASON)}…` : line;
}

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
