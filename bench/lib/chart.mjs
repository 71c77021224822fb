// A small chart of the ratios. Its colors are readable on a light and on a dark page.
import { median } from './figures.mjs';

const WIDTH = 860;
const LABEL = 330;
const ROW = 34;
const TOP = 46;
const TICKS = [0.1, 0.2, 0.5, 1, 2, 5, 10];
const INK = '#6e7781';
const GRID = '#8c959f';
const COLORS = { reached: '#2da44e', kept: '#bf8700', missed: '#cf222e' };

/** The rows that compare with a peer. A difference is drawn as the ratio that results from it. */
export function chartRows(judgements) {
  return judgements.flatMap(({ row, value, ours, peers, isKept, isAimKept }) => {
    if (value === undefined || row.by === 'itself') return [];
    const theirs = row.by === 'difference' ? median(peers[0].values.filter(Number.isFinite)) : undefined;
    const ratioOf = (limit) => (theirs === undefined ? limit : (theirs + limit) / theirs);
    return [
      {
        what: row.what,
        isLeast: row.isLeast === true,
        ratio: theirs === undefined ? value : median(ours) / theirs,
        budget: ratioOf(row.budget),
        aim: ratioOf(row.aim),
        verdict: isAimKept ? 'reached' : isKept ? 'kept' : 'missed',
      },
    ];
  });
}

export function toSvg(rows) {
  const height = TOP + rows.length * ROW + 64;
  const bottom = TOP + rows.length * ROW;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" ` +
      `font-family="system-ui, sans-serif" font-size="13" role="img" aria-label="serverengine to its peers, as ratios">`,
    text(LABEL, 18, 'serverengine to its peer, 1 = equal (logarithmic)'),
    ...TICKS.map((tick) => gridLine(tick, bottom)),
    ...rows.flatMap((row, index) => bar(row, TOP + index * ROW)),
    ...legend(bottom + 44),
    '</svg>',
    '',
  ].join('\n');
}

/** The position of a ratio. A ratio beyond the scale is drawn at its edge. */
export function positionOf(ratio) {
  const [least, most] = [TICKS[0], TICKS.at(-1)].map(Math.log);
  const part = (Math.log(Math.min(Math.max(ratio, TICKS[0]), TICKS.at(-1))) - least) / (most - least);
  return round(LABEL + part * (WIDTH - LABEL - 70));
}

function gridLine(tick, bottom) {
  const x = positionOf(tick);
  const strength = tick === 1 ? 0.9 : 0.25;
  return (
    `<line x1="${x}" y1="${TOP - 8}" x2="${x}" y2="${bottom}" stroke="${GRID}" stroke-opacity="${strength}"/>` +
    text(x, bottom + 16, `${tick}×`, 'middle')
  );
}

function bar({ what, isLeast, ratio, budget, aim, verdict }, y) {
  const [from, to] = [positionOf(1), positionOf(ratio)].sort((left, right) => left - right);
  const middle = y + ROW / 2;
  return [
    text(4, middle + 4, `${what} (${isLeast ? 'more' : 'less'} is better)`, 'start', 12),
    `<rect x="${from}" y="${y + 8}" width="${Math.max(2, round(to - from))}" height="${ROW - 16}" fill="${COLORS[verdict]}"/>`,
    `<line x1="${positionOf(budget)}" y1="${y + 3}" x2="${positionOf(budget)}" y2="${y + ROW - 3}" stroke="${INK}" stroke-width="2"/>`,
    `<circle cx="${positionOf(aim)}" cy="${middle}" r="4" fill="none" stroke="${INK}" stroke-width="2"/>`,
    text(WIDTH - 4, middle + 4, `${ratio.toFixed(2)}×`, 'end'),
  ];
}

function legend(y) {
  const entries = [
    [COLORS.reached, 'aim reached'],
    [COLORS.kept, 'budget kept'],
    [COLORS.missed, 'budget missed'],
  ];
  const swatches = entries.map(
    ([color, label], index) =>
      `<rect x="${LABEL + index * 125}" y="${y - 10}" width="12" height="12" fill="${color}"/>` +
      text(LABEL + index * 125 + 17, y, label, 'start', 12),
  );
  return [...swatches, text(LABEL + 375, y, '| budget   ○ aim', 'start', 12)];
}

function text(x, y, content, anchor = 'start', size = 13) {
  const escaped = content.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return `<text x="${x}" y="${y}" fill="${INK}" text-anchor="${anchor}" font-size="${size}">${escaped}</text>`;
}

const round = (value) => Math.round(value * 10) / 10;
