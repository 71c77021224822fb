import type { Life, Recording } from './recording';

const WIDTH = 860;
const LEFT = 110;
const RIGHT = 20;
const TREE_HEIGHT = 168;
const LANE = 44;
const BAR = 24;
const FONT = 'font-family="system-ui, sans-serif" font-size="13"';
const INK = '#6e7781';
const COLOURS = { serving: '#2da44e', starting: '#bf8700', dead: '#cf222e', answer: '#0969da' };

/** An SVG of the process tree, and below it the kill of one worker as its clients saw it. */
export function drawHeal(recording: Recording): string {
  const workerIds = [...new Set(recording.lives.map(({ workerId }) => workerId))].sort((a, b) => a - b);
  const height = TREE_HEIGHT + 56 + workerIds.length * LANE + 84;
  const title = sentenceOf(recording);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" ${FONT} role="img" aria-label="${title}">`,
    ...tree(recording, workerIds),
    ...timeline(recording, workerIds),
    '</svg>',
  ];
  return `${parts.join('\n')}\n`;
}

/** The picture in words. */
export function sentenceOf({ killed, asks, lives }: Recording): string {
  const failed = asks.filter(({ workerId }) => workerId === undefined).length;
  const [next] = asks.filter(({ workerId, askedMs }) => workerId === killed && askedMs > 0);
  const last = lives.findLast(({ workerId }) => workerId === killed);
  const after = Math.round(next?.answeredMs ?? last?.listeningMs ?? 0);
  const lost = failed === 0 ? 'none failed' : `${failed} failed`;
  return `kill -9 of worker ${killed}: of ${asks.length} requests ${lost}, and its replacement answers after ${after} ms`;
}

function tree({ supervisorPid, serverPid, lives, killed }: Recording, ids: readonly number[]): string[] {
  const first = new Map(lives.map(({ workerId, pid }) => [workerId, pid]).reverse() as [number, number][]);
  const x = 250;
  return [
    box(20, 10, 200, 'supervisor', supervisorPid),
    label(x, 28, 'holds the listening sockets and the log; starts and watches the server'),
    line(60, 46, 60, 64),
    box(60, 64, 200, 'server', serverPid),
    label(x + 40, 82, 'starts and watches the workers; replaces those that die or hang'),
    line(100, 100, 100, 110),
    ...ids.flatMap((id, index) => {
      const left = 100 + index * 186;
      return [
        line(left + 40, 110, left + 40, 120),
        box(left, 120, 172, `worker ${id}`, first.get(id) ?? 0, id === killed ? COLOURS.dead : INK),
      ];
    }),
    line(100, 110, 100 + (ids.length - 1) * 186 + 40, 110),
  ];
}

function timeline(recording: Recording, ids: readonly number[]): string[] {
  const { fromMs, toMs, lives, asks, killed } = recording;
  const scale = (ms: number): number =>
    round(LEFT + ((ms - fromMs) / (toMs - fromMs)) * (WIDTH - LEFT - RIGHT));
  const top = TREE_HEIGHT + 40;
  const bottom = top + ids.length * LANE;
  const laneOf = (id: number): number => top + ids.indexOf(id) * LANE;
  const dots = asks.map(({ answeredMs, workerId }) =>
    workerId === undefined
      ? `<text x="${scale(answeredMs)}" y="${bottom + 16}" fill="${COLOURS.dead}" text-anchor="middle">×</text>`
      : `<circle cx="${scale(answeredMs)}" cy="${laneOf(workerId) + LANE / 2}" r="2.5" fill="${COLOURS.answer}"/>`,
  );
  return [
    label(20, TREE_HEIGHT + 20, sentenceOf(recording)),
    `<text x="${WIDTH - RIGHT}" y="${TREE_HEIGHT + 20}" fill="${INK}" text-anchor="end" font-size="11">${recording.where}</text>`,
    ...ids.map((id) => label(20, laneOf(id) + LANE / 2 + 4, `worker ${id}`)),
    label(20, bottom + 16, 'failed'),
    ...lives.flatMap((life) => bars(life, laneOf(life.workerId), recording, scale)),
    ...dots,
    `<line x1="${scale(0)}" y1="${top - 6}" x2="${scale(0)}" y2="${bottom + 4}" stroke="${COLOURS.dead}" stroke-dasharray="4 3"/>`,
    `<text x="${scale(0) + 5}" y="${laneOf(killed) + 4}" fill="${COLOURS.dead}" font-size="11">kill -9</text>`,
    ...ticks(fromMs, toMs).flatMap((ms) => [
      `<line x1="${scale(ms)}" y1="${bottom + 24}" x2="${scale(ms)}" y2="${bottom + 29}" stroke="${INK}"/>`,
      `<text x="${scale(ms)}" y="${bottom + 44}" fill="${INK}" text-anchor="middle" font-size="11">${ms} ms</text>`,
    ]),
    line(LEFT, bottom + 24, WIDTH - RIGHT, bottom + 24),
    ...legend(bottom + 72),
  ];
}

/** One color from its start until it listens, another while it serves. */
function bars(
  { startedMs, listeningMs, endedMs }: Life,
  y: number,
  { fromMs, toMs }: Recording,
  scale: (ms: number) => number,
): string[] {
  const from = Math.max(startedMs ?? fromMs, fromMs);
  const ready = Math.max(listeningMs ?? from, fromMs);
  const to = endedMs ?? toMs;
  return [
    bar(scale(from), scale(ready), y, COLOURS.starting),
    bar(scale(ready), scale(to), y, COLOURS.serving),
  ];
}

function bar(from: number, to: number, y: number, color: string): string {
  if (to <= from) return '';
  return `<rect x="${from}" y="${y + (LANE - BAR) / 2}" width="${round(to - from)}" height="${BAR}" rx="3" fill="${color}" fill-opacity="0.3"/>`;
}

function legend(y: number): string[] {
  const [serving, starting, answer] = [LEFT, LEFT + 130, LEFT + 260];
  const swatch = (x: number, color: string): string =>
    `<rect x="${x}" y="${y - 10}" width="12" height="12" rx="2" fill="${color}" fill-opacity="0.3"/>`;
  return [
    swatch(serving, COLOURS.serving),
    label(serving + 20, y, 'serves'),
    swatch(starting, COLOURS.starting),
    label(starting + 20, y, 'starts'),
    `<circle cx="${answer}" cy="${y - 4}" r="2.5" fill="${COLOURS.answer}"/>`,
    label(answer + 10, y, 'an answer; the client asks every few milliseconds, on a new connection'),
  ];
}

function ticks(fromMs: number, toMs: number): readonly number[] {
  const step = toMs - fromMs > 600 ? 100 : 50;
  const first = Math.ceil(fromMs / step);
  return Array.from(
    { length: Math.floor(toMs / step) - first + 1 },
    (_none, index) => (first + index) * step,
  );
}

function box(x: number, y: number, width: number, name: string, pid: number, color = INK): string {
  return (
    `<rect x="${x}" y="${y}" width="${width}" height="36" rx="5" fill="none" stroke="${color}"/>` +
    `<text x="${x + 12}" y="${y + 23}" fill="${color}">${name}</text>` +
    `<text x="${x + width - 12}" y="${y + 23}" fill="${INK}" text-anchor="end" font-size="11">pid ${pid}</text>`
  );
}

function label(x: number, y: number, text: string): string {
  return `<text x="${x}" y="${y}" fill="${INK}">${text}</text>`;
}

function line(x1: number, y1: number, x2: number, y2: number): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${INK}" stroke-opacity="0.6"/>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
