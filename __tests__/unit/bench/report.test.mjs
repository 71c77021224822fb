import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUDGETS } from '../../../bench/lib/budgets.mjs';
import { chartRows, positionOf, toSvg } from '../../../bench/lib/chart.mjs';
import { judge } from '../../../bench/lib/judge.mjs';
import { mergeKept, takenOf } from '../../../bench/lib/kept-results.mjs';
import { readOptions } from '../../../bench/lib/options.mjs';
import { toMarkdown } from '../../../bench/lib/report.mjs';
import { budgetTable, measureTable } from '../../../bench/lib/tables.mjs';
import { MEASURES } from '../../../bench/measures/all.mjs';

const ROW = { what: 'start', measure: 'life', figure: 'start', unit: 'ms', against: ['cluster'] };
const RATIO = { ...ROW, by: 'ratio', budget: 1.25, aim: 1 };

const entrant = (key, figures, failure) => ({ key, title: key.toUpperCase(), figures, failure });

function results(ours, ...peers) {
  return new Map([
    [
      'life',
      [
        entrant(
          'serverengine',
          ours.map((start) => ({ start })),
        ),
        ...peers,
      ],
    ],
  ]);
}
const cluster = (...values) =>
  entrant(
    'cluster',
    values.map((start) => ({ start })),
  );

test('judge takes the median of comparisons round by round', () => {
  const { value, isKept, isAimKept } = judge(RATIO, results([110, 220, 90], cluster(100, 200, 100)));
  assert.deepEqual([value, isKept, isAimKept], [1.1, true, false]);
});

test('judge handles lower limits, differences, and single values', () => {
  const found = results([150], cluster(100));
  assert.equal(judge({ ...RATIO, isLeast: true, budget: 1.5, aim: 1.9 }, found).isKept, true);
  assert.equal(judge({ ...ROW, by: 'difference', budget: 40, aim: 15 }, found).value, 50);
  assert.equal(judge({ ...ROW, by: 'itself', budget: 150, aim: 15 }, found).isKept, true);
});

test('judge compares with the best of several peers', () => {
  const row = { ...RATIO, against: ['cluster', 'fast'] };
  assert.equal(judge(row, results([100], cluster(100), entrant('fast', [{ start: 50 }]))).value, 2);
});

test('judge gives the reason for a missing result', () => {
  assert.equal(judge(RATIO, new Map()).missing, 'not measured');
  assert.equal(judge(RATIO, results(['not within 8 s'], cluster(100))).missing, 'not within 8 s');
  const gone = new Map([['life', [entrant('serverengine', [], 'not done within 9 s')]]]);
  assert.equal(judge(RATIO, gone).missing, 'not done within 9 s');
  assert.equal(
    judge(RATIO, results([100], entrant('cluster', [], 'broken'))).missing,
    'nothing to compare with',
  );
});

test('the table of budgets has both limits with their verdicts', () => {
  const table = budgetTable([judge(RATIO, results([110], cluster(100)))]);
  assert.match(
    table,
    /\| start \| CLUSTER \| 100 ms \| 110 ms \| 1\.10× \| ≤ 1\.25× \| yes \| ≤ 1× \| \*\*no\*\* \|$/,
  );
});

test('the table of a measure has ratios to the baseline, sums, and the reason of each failure', () => {
  const measure = {
    baseline: 'cluster',
    columns: [
      { figure: 'start', title: 'start', unit: 'ms' },
      { figure: 'lost', title: 'lost', unit: '', isTotal: true },
    ],
  };
  const table = measureTable(measure, [
    entrant('serverengine', [
      { start: 50, lost: 1 },
      { start: 50, lost: 2 },
    ]),
    entrant('cluster', [{ start: 100, lost: 0 }]),
    entrant('pm2', [], 'no | answer\nat all'),
  ]);
  assert.deepEqual(table.split('\n').slice(2), [
    '| SERVERENGINE | 50 ms: 0.50× | 3 |',
    '| CLUSTER | 100 ms | 0 |',
    '| PM2 | no / answer | – |',
  ]);
});

test('the chart has a row for each comparison, within its frame', () => {
  const judgements = [
    judge({ ...RATIO, what: 'a < b' }, results([110], cluster(100))),
    judge({ ...ROW, by: 'difference', budget: 40, aim: 15 }, results([150], cluster(100))),
    judge({ ...ROW, by: 'itself', budget: 1, aim: 1 }, results([150], cluster(100))),
    judge(RATIO, new Map()),
  ];
  const rows = chartRows(judgements);
  assert.deepEqual(
    rows.map(({ ratio, budget, aim, verdict }) => [ratio, budget, aim, verdict]),
    [
      [1.1, 1.25, 1, 'kept'],
      [1.5, 1.4, 1.15, 'missed'],
    ],
  );
  const svg = toSvg(rows);
  assert.ok(svg.startsWith('<svg ') && svg.trimEnd().endsWith('</svg>'));
  assert.ok(svg.includes('a &#60; b') && !svg.includes('NaN'));
});

test('the chart has equal distances for equal ratios', () => {
  const [tenth, one, ten] = [0.1, 1, 10].map(positionOf);
  assert.ok(Math.abs(ten - one - (one - tenth)) < 0.5);
  assert.equal(positionOf(1000), ten);
});

test('every budget names an existing measure and one of its figures', () => {
  for (const { what, measure, figure } of BUDGETS) {
    const columns = MEASURES.find(({ name }) => name === measure)?.columns ?? [];
    assert.ok(
      columns.some((column) => column.figure === figure),
      what,
    );
  }
});

test('options are parsed, and an error lists the valid ones', () => {
  const names = ['life', 'logs'];
  assert.deepEqual(readOptions(['--quick', '--only', 'life,logs'], names), {
    isQuick: true,
    isWriting: false,
    isListing: false,
    only: names,
  });
  assert.deepEqual(readOptions(['--only=logs'], names).only, ['logs']);
  assert.match(readOptions(['--fast'], names).error, /unknown option --fast; there are --quick, --write/);
  assert.match(readOptions(['--only', 'x'], names).error, /unknown measure x; there are life, logs/);
  assert.match(readOptions(['--only'], names).error, /takes the name/);
  assert.equal(readOptions(['--write', '--only', 'life'], names).isWriting, true);
});

const MEASURE = {
  name: 'life',
  what: 'a life',
  baseline: 'cluster',
  columns: [{ figure: 'start', title: 'start', unit: 'ms' }],
};
const taking = (measure, start) => ({
  measure,
  entrants: [{ ...entrant('serverengine', [{ start }]), contender: {}, run: () => {} }, cluster(100)],
});

test('results of a measure replace those that are kept of it, and leave those of the others', () => {
  const names = ['life', 'other'];
  const first = mergeKept(
    { gone: {} },
    [taking(MEASURE, 100), taking({ ...MEASURE, name: 'other' }, 100)],
    { date: '2026-01-01', load: 0, machine: 'first' },
    names,
  );
  assert.deepEqual(Object.keys(first), names);
  const second = mergeKept(
    first,
    [taking(MEASURE, 200)],
    { date: '2026-01-02', load: 1, machine: 'second' },
    names,
  );
  assert.equal(second.other, first.other);
  assert.deepEqual(second.life.entrants[0], {
    key: 'serverengine',
    title: 'SERVERENGINE',
    why: undefined,
    failure: undefined,
    figures: [{ start: 200 }],
  });
});

test('the page says when and where each measure was taken', async () => {
  const other = { ...MEASURE, name: 'other' };
  const kept = {
    life: { date: '2026-01-01', load: 0.1, machine: 'first machine', ...taking(MEASURE, 200) },
    other: { date: '2026-01-02', load: 1, machine: 'second machine', ...taking(other, 150) },
  };
  // As it is read from the file.
  const taken = takenOf(JSON.parse(JSON.stringify(kept)), [MEASURE, other, { ...MEASURE, name: 'new' }]);
  const page = await toMarkdown({ judgements: [], taken, leftOut: ['new: a life'], notes: [] });
  assert.match(page, /Measured on 2026-01-01; the load of the machine was 0\.1 before\./);
  assert.match(page, /200 ms: 2\.00×[^]*After the colon: the ratio to CLUSTER\./);
  assert.match(page, /- life: first machine\n- other: second machine/);
  assert.match(page, /## Not measured\n\n- new: a life/);
});
