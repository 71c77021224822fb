/**
 * Chaos: random but replayable faults in real engines under load, and a check of the invariants. See
 * docs/internals/chaos.md.
 *
 *   npm run chaos -- [--seed N] [--minutes M | --episodes N] [--episode N] [--jobs N] [--only TEXT] [--short] [--json]
 *     [--start spawn|fork] [--no-shrink]
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { endEngines } from './engine.mjs';
import { describeEpisode, isGentleAction, makeEpisode } from './episode.mjs';
import { canMount } from './folder.mjs';
import { endLoads } from './loads.mjs';
import { play } from './play.mjs';
import { USES } from './shapes.mjs';
import { shrink } from './shrink.mjs';

const SHRINK_MS = 240_000;

const { values: options } = parseArgs({
  options: {
    seed: { type: 'string' },
    minutes: { type: 'string', default: '5' },
    episodes: { type: 'string' },
    episode: { type: 'string' },
    jobs: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    start: { type: 'string', default: 'spawn' },
    short: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    'no-shrink': { type: 'boolean', default: false },
  },
});

// The form in npm test has a fixed seed, so that it is the same everywhere.
if (options.short) Object.assign(options, { seed: '1', episodes: '4', jobs: '2', 'no-shrink': true });

if (process.platform !== 'linux') fail('it reads /proc, so it needs Linux');
if (!existsSync(fileURLToPath(new URL('../../dist/index.js', import.meta.url))))
  fail('run `npm run build` first');
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'])
  process.once(name, () => fail('interrupted'));

if (!['spawn', 'fork'].includes(options.start)) fail(`--start takes spawn or fork, not ${options.start}`);
const native = new URL(`../../native/built/fork-linux-${process.arch}.node`, import.meta.url);
if (options.start === 'fork' && !existsSync(fileURLToPath(native)))
  fail('--start fork needs `npm run build:native`');

const seed = Number(options.seed ?? Math.floor(Math.random() * 1e6));
const around = { hasDisk: canMount(), only: options.only, start: options.start, addons: addons() };
const deadline = performance.now() + Number(options.minutes) * 60_000;
const first = Number(options.episode ?? 0);
const past =
  options.episode !== undefined
    ? first + 1
    : options.episodes !== undefined
      ? Number(options.episodes)
      : Infinity;
if (options.start === 'fork' && around.addons.length === 0)
  tell(['no native addons are in NODE_PATH: workers do without']);
if (!around.hasDisk) tell(['no file system can be mounted here: the disk is not filled']);

const played = [];
let next = first;
try {
  await Promise.all(Array.from({ length: Number(options.jobs) }, lane));
} catch (error) {
  fail(error.stack);
}
const failed = played.filter(({ wrong }) => wrong.length > 0);
const sumOf = (number) => played.reduce((sum, one) => sum + number(one), 0);
const counts = [
  `${played.length} episodes of seed ${seed}`,
  `${sumOf(({ asked }) => asked)} requests`,
  ...(options.start === 'fork'
    ? [`${sumOf(({ uses }) => forkedOf(uses).length)} uses in forked workers`]
    : []),
  `${failed.length} failed`,
];
tell([counts.join(', '), ...(options.start === 'fork' ? [`in forked workers: ${usesInForked()}`] : [])]);
if (options.json) process.stdout.write(`${JSON.stringify(played)}\n`);
process.exit(failed.length === 0 ? 0 : 1);

async function lane() {
  while (next < past && performance.now() < deadline) {
    const index = next;
    next += 1;
    await playOne(makeEpisode(seed, index, around));
  }
}

async function playOne(episode) {
  const { wrong, asked, uses, lines, isStarved, seconds } = await play(episode);
  const done = uses.length > 0 ? `, ${uses.length} uses, ${forkedOf(uses).length} of them forked` : '';
  const report = describeEpisode(episode);
  if (isStarved) {
    const why = 'the machine was too busy: processes missed their heartbeats without any harm';
    tell([...report, `  void   ${why}`, ...wrong.map((what) => `         ${what}`)]);
    return;
  }
  played.push({ seed, index: episode.index, shape: episode.shape.name, asked, uses, wrong, report });
  if (wrong.length === 0) {
    tell([...report, `  held   ${seconds.toFixed(1)} s, ${asked} requests${done}`]);
    return;
  }
  tell([...report, ...wrong.map((what) => `  WRONG  ${what}`), ...lines.map((line) => `    | ${line}`)]);
  const more = [
    ...(options.start === 'fork' ? ['--start fork'] : []),
    ...(options.only ? [`--only '${options.only}'`] : []),
  ];
  tell([
    `  again: ${['npm run chaos --', `--seed ${seed}`, `--episode ${episode.index}`, ...more].join(' ')}`,
  ]);
  if (!options['no-shrink']) await showShortest(episode);
}

function forkedOf(uses) {
  return uses.filter(({ isForked }) => isForked);
}

function usesInForked() {
  const names = played.flatMap(({ uses }) => forkedOf(uses)).map(({ use }) => use);
  const times = [...new Set(names)].map((name) => `${name} ${names.filter((one) => one === name).length}`);
  return times.sort().join(', ');
}

/** The native addons that workers can load: for them NODE_PATH names a folder like node_modules. */
function addons() {
  const { resolve } = createRequire(import.meta.url);
  return USES.flatMap(({ addon }) => {
    try {
      return addon && resolve(addon) ? [addon] : [];
    } catch {
      return [];
    }
  });
}

/** An intermittent fault may not appear in every try, but the final list has failed at least once. */
async function showShortest(episode) {
  const until = performance.now() + SHRINK_MS;
  const of = (actions) => ({ ...episode, actions, isGentle: actions.every(isGentleAction) });
  let last;
  const fails = async (actions) => {
    const { wrong, lines } = await play(of(actions));
    if (wrong.length > 0) last = { wrong, lines };
    return wrong.length > 0;
  };
  const shortest = await shrink(episode.actions, fails, () => performance.now() > until);
  if (!last) {
    tell(['  no shorter form of it fails']);
    return;
  }
  tell([
    '  the shortest form that fails:',
    ...describeEpisode(of(shortest)),
    ...last.wrong.map((what) => `  WRONG  ${what}`),
    ...last.lines.map((line) => `    | ${line}`),
  ]);
}

function tell(lines) {
  process.stderr.write(`${lines.join('\n')}\n`);
}

function fail(reason) {
  process.stderr.write(`chaos: ${reason}\n`);
  endLoads();
  endEngines();
  process.exit(1);
}
