/**
 * Side by side with raw node:cluster: both run the same app, in turns, several rounds. Prints a Markdown table.
 *   npm run bench -- [--quick] [--write]
 * --quick: fewer and shorter rounds, under two minutes. --write: also writes docs/benchmarks.md.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { idle, lifeOfFour, oneWorker, requestRates, wrkVersion } from './measures.mjs';
import { endAll } from './tree.mjs';

const OURS = 'serverengine.cjs';
const CLUSTER = 'cluster.cjs';
const FORK = 'fork.cjs';

const ROUNDS = { full: { lives: 9, rates: 5, rateSeconds: 4, idle: 3, idleSeconds: 20 } };
ROUNDS.quick = { lives: 5, rates: 3, rateSeconds: 2, idle: 1, idleSeconds: 8 };

const known = new Set(['--quick', '--write']);
const options = new Set(process.argv.slice(2));
const unknown = [...options].filter((option) => !known.has(option));
if (unknown.length > 0) fail(`unknown option ${unknown.join(', ')}; there are ${[...known].join(' and ')}`);
if (process.platform !== 'linux') fail('it reads /proc, so it needs Linux');
if (!existsSync(fileURLToPath(new URL('../dist/index.js', import.meta.url))))
  fail('run `npm run build` first');

for (const name of ['SIGINT', 'SIGTERM']) {
  process.once(name, () => void endAll().then(() => process.exit(1)));
}

const rounds = options.has('--quick') ? ROUNDS.quick : ROUNDS.full;
const wrk = await wrkVersion();
const load = loadavg()[0];
if (load > 0.5)
  process.stderr.write(`bench: others use this machine (load ${load.toFixed(1)}): expect noise\n`);
try {
  const rows = await measureAll();
  const table = toTable(rows);
  const note = wrk ? '' : '\nwrk is not installed: the request rates were left out.\n';
  process.stdout.write(await pretty(`${table}${note}\n${machine()}\n`));
  if (options.has('--write')) await write(table, note);
} catch (error) {
  await endAll();
  throw error;
}

async function measureAll() {
  const four = await inTurns('start, memory and healing of 4 workers', rounds.lives, CLUSTER, lifeOfFour);
  const one = await inTurns('one worker', rounds.lives, FORK, oneWorker);
  const rates =
    wrk && (await inTurns('requests', rounds.rates, CLUSTER, (app) => requestRates(app, rounds.rateSeconds)));
  const idling = await atOnce('idle', rounds.idle, CLUSTER, (app) => idle(app, rounds.idleSeconds));
  const cluster = 'node:cluster';
  const fork = 'child_process.fork';
  return [
    {
      what: 'start until 4 workers answer',
      unit: 'ms',
      against: cluster,
      by: 'ratio',
      most: 1.25,
      ...pick(four, 'start'),
    },
    {
      what: 'kill -9 until a new worker answers',
      unit: 'ms',
      against: cluster,
      by: 'ratio',
      most: 1.2,
      ...pick(four, 'healed'),
    },
    {
      what: 'memory of the tree, 4 workers (PSS)',
      unit: 'MB',
      against: cluster,
      by: 'ratio',
      most: 1.25,
      ...pick(four, 'memory'),
    },
    ...(rates
      ? [
          {
            what: 'short connections, 2 workers',
            unit: '/s',
            against: cluster,
            by: 'ratio',
            least: 1.5,
            ...pick(rates, 'short'),
          },
          {
            what: 'keep-alive requests, 2 workers',
            unit: '/s',
            against: cluster,
            by: 'ratio',
            least: 0.97,
            ...pick(rates, 'keepAlive'),
          },
        ]
      : []),
    {
      what: 'one worker: its start until it listens',
      unit: 'ms',
      against: fork,
      by: 'difference',
      most: 40,
      ...pick(one, 'start'),
    },
    {
      what: 'one worker: its memory (PSS)',
      unit: 'MB',
      against: fork,
      by: 'difference',
      most: 6,
      ...pick(one, 'memory'),
    },
    {
      what: 'idle processor use, 4 workers',
      unit: '% of a core',
      against: cluster,
      by: 'itself',
      most: 0.5,
      ...pick(idling, 'cpu'),
    },
  ];
}

/** Both contenders in every round, taking turns at being first. */
async function inTurns(what, count, peer, measure) {
  const results = { ours: [], theirs: [] };
  for (let round = 0; round < count; round += 1) {
    process.stderr.write(`${what}: round ${round + 1} of ${count}\n`);
    const turns = [
      async () => results.theirs.push(await measure(peer)),
      async () => results.ours.push(await measure(OURS)),
    ];
    if (round % 2 === 1) turns.reverse();
    for (const turn of turns) await turn();
  }
  return results;
}

/** Both contenders at the same time: for what is mostly waiting. */
async function atOnce(what, count, peer, measure) {
  const results = { ours: [], theirs: [] };
  for (let round = 0; round < count; round += 1) {
    process.stderr.write(`${what}: round ${round + 1} of ${count}\n`);
    const [theirs, ours] = await Promise.all([measure(peer), measure(OURS)]);
    results.theirs.push(theirs);
    results.ours.push(ours);
  }
  return results;
}

function pick({ ours, theirs }, name) {
  return { ours: ours.map((result) => result[name]), theirs: theirs.map((result) => result[name]) };
}

function toTable(rows) {
  const lines = rows.map((row) => {
    const { text, isKept } = judge(row);
    const cells = [
      row.what,
      row.against,
      show(row.theirs, row.unit),
      show(row.ours, row.unit),
      text,
      budget(row),
    ];
    return `| ${[...cells, isKept ? 'yes' : '**no**'].join(' | ')} |`;
  });
  return [
    '| what | against | theirs | serverengine | ours to theirs | budget | kept |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...lines,
    '',
    'Median (least to most) of all rounds; what compares the two is taken round by round.',
    '',
  ].join('\n');
}

/** Compares round by round: what the machine does meanwhile then hits both. */
function judge({ by, ours, theirs, unit, most = Infinity, least = -Infinity }) {
  const compare = {
    ratio: { each: (value, index) => value / theirs[index], sign: '×', digits: 2 },
    difference: { each: (value, index) => value - theirs[index], sign: ` ${unit}`, digits: 1 },
    itself: { each: (value) => value, sign: ` ${unit}`, digits: 2 },
  }[by];
  const compared = ours.map(compare.each);
  const value = median(compared);
  const plus = by === 'difference' && value > 0 ? '+' : '';
  const spread = `${Math.min(...compared).toFixed(compare.digits)} to ${Math.max(...compared).toFixed(compare.digits)}`;
  const text = `${plus}${value.toFixed(compare.digits)}${compare.sign} (${spread})`;
  return { text, isKept: value <= most && value >= least };
}

function budget({ by, unit, most, least }) {
  const sign = by === 'ratio' ? '×' : ` ${unit}`;
  return most === undefined ? `≥ ${least}${sign}` : `≤ ${by === 'difference' ? '+' : ''}${most}${sign}`;
}

function show(values, unit) {
  const digits = median(values) < 10 ? 2 : median(values) < 100 ? 1 : 0;
  const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)].map((value) =>
    value.toFixed(digits),
  );
  return `${middle} ${unit} (${least} to ${most})`;
}

function median(values) {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function machine() {
  const [{ model }] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  const tools = `Node ${process.versions.node}${wrk ? `, wrk ${wrk}` : ''}`;
  return `Measured on ${model}, ${cpus().length} cores, ${memory} GB, Linux ${release()}, ${tools}, over loopback; load before ${load.toFixed(1)}.`;
}

async function write(table, note) {
  const file = fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url));
  const command = options.has('--quick') ? 'npm run bench -- --quick --write' : 'npm run bench -- --write';
  const text = `# Benchmarks

<!-- Written by \`${command}\`. -->

One HTTP answer, the same app for all. Contenders run in turns on one machine, which also makes the load: the ratios
hold elsewhere, the figures do not.

${table}${note}
${machine()}
`;
  writeFileSync(file, await pretty(text));
}

async function pretty(markdown) {
  const config = await resolveConfig(fileURLToPath(import.meta.url));
  return format(markdown, { ...config, parser: 'markdown' });
}

function fail(reason) {
  process.stderr.write(`bench: ${reason}\n`);
  process.exit(1);
}
