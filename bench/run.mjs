/**
 * Compares serverengine with raw node:cluster and other peers: all serve the same answer, in turns, for several
 * rounds. Prints Markdown.
 *
 *   npm run bench -- [--quick] [--write] [--only NAME[,NAME]] [--list]
 *
 * --quick: fewer and shorter rounds, under two minutes. --write: also writes docs/benchmarks.md and its chart.
 * --only: single measures. --list: their names.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { BUDGETS } from './lib/budgets.mjs';
import { chartRows, toSvg } from './lib/chart.mjs';
import { endCommands } from './lib/commands.mjs';
import { interrupt, isInterrupted } from './lib/interruption.mjs';
import { judge } from './lib/judge.mjs';
import { describeMachine, loadNow } from './lib/machine.mjs';
import { readOptions } from './lib/options.mjs';
import { findTools, installPeers } from './lib/peers.mjs';
import { introduction, toMarkdown } from './lib/report.mjs';
import { takeRounds } from './lib/rounds.mjs';
import { endTrees } from './lib/tree.mjs';
import { MEASURES } from './measures/all.mjs';

const BUSY_LOAD = 0.5;
/** No measure of a quick run may exceed the rest of the two minutes. */
const QUICK_MS = 90_000;
const pathOf = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const tell = (text) => process.stderr.write(`bench: ${text}\n`);

const options = readOptions(
  process.argv.slice(2),
  MEASURES.map(({ name }) => name),
);
if (options.error !== undefined) fail(options.error);
if (options.isListing) {
  for (const { name, what } of MEASURES) process.stdout.write(`${name.padEnd(16)}${what}\n`);
  process.exit(0);
}
if (process.platform !== 'linux') fail('it reads /proc, so it needs Linux');
if (!existsSync(pathOf('dist/index.js'))) fail('run `npm run build` first');

const taken = [];
const skipped = [];
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => void stop());

const startedAt = performance.now();
const scene = await setScene();
const isTaken = (name) => options.only.length === 0 || options.only.includes(name);
const measures = MEASURES.filter(({ name }) => isTaken(name));
for (const measure of measures) {
  const entrants = measure.entrants(scene);
  if (entrants.length === 0) continue;
  if (isInterrupted() || (options.isQuick && performance.now() - startedAt > QUICK_MS)) {
    skipped.push(measure.name);
    continue;
  }
  await takeRounds({ ...measure, entrants }, (text) => tell(`${measure.name}: ${text}`));
  taken.push({ measure, entrants });
}
// An interruption keeps the results so far.
await report();
if (isInterrupted()) process.exit(1);

async function setScene() {
  const loadBefore = loadNow();
  if (loadBefore > BUSY_LOAD) tell(`others use this machine (load ${loadBefore.toFixed(1)}): expect noise`);
  const peersTrouble = await installPeers(tell);
  if (peersTrouble !== undefined) tell(`the peers from npm are left out: ${peersTrouble}`);
  return {
    isQuick: options.isQuick,
    tools: await findTools(),
    peersTrouble,
    loadBefore,
  };
}

async function report() {
  const results = new Map(taken.map(({ measure, entrants }) => [measure.name, entrants]));
  // The written page lists every budget, measured or not.
  const rows = BUDGETS.filter(({ measure }) => options.isWriting || isTaken(measure));
  const judgements = rows.map((row) => judge(row, results));
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  const { tools, peersTrouble, loadBefore } = scene;
  const contents = {
    judgements,
    taken,
    leftOut: leftOut(),
    notes: [
      ...(tools.wrk
        ? []
        : ['wrk is not installed: autocannon made the load, which takes more of the machine itself.']),
      ...(peersTrouble === undefined ? [] : [`The peers from npm are left out: ${peersTrouble}.`]),
    ],
    machine: `${describeMachine(tools, loadBefore)} It took ${seconds} s.`,
  };
  process.stdout.write(await toMarkdown(contents));
  if (options.isWriting) await write(contents);
}

/** What this run lacks of a full run. */
function leftOut() {
  return MEASURES.flatMap((measure) => {
    if (!isTaken(measure.name)) return options.isWriting ? [`${measure.name}: ${measure.what}`] : [];
    if (skipped.includes(measure.name)) return [`${measure.name}: no time was left`];
    const keys = new Set(measure.entrants(scene).map(({ key }) => key));
    const missing = measure
      .entrants({ ...scene, isQuick: false })
      .filter(({ key, why }) => why === undefined && !keys.has(key))
      .map(({ title }) => title);
    return missing.length === 0 ? [] : [`${measure.name}: ${missing.join('; ')}`];
  });
}

async function write(contents) {
  const only = options.only.length === 0 ? '' : ` --only ${options.only.join(',')}`;
  const command = `npm run bench -- ${options.isQuick ? '--quick ' : ''}--write${only}`;
  const intro = introduction(command);
  writeFileSync(pathOf('docs/benchmarks.md'), await toMarkdown({ ...contents, intro }));
  writeFileSync(pathOf('docs/benchmarks.svg'), toSvg(chartRows(contents.judgements)));
}

async function stop() {
  // A second interruption must not leave processes behind.
  if (!interrupt()) return;
  tell('interrupted; ending all that runs');
  await Promise.all([endCommands(), endTrees()]);
  if (taken.length === 0) process.exit(1);
}

function fail(reason) {
  tell(reason);
  process.exit(1);
}
