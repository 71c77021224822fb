/**
 * Compares serverengine with raw node:cluster and other peers: all serve the same answer, in turns, for several
 * rounds. Prints Markdown.
 *
 *   npm run bench -- [--quick] [--write] [--only NAME[,NAME]] [--list]
 *
 * --quick: fewer and shorter rounds, under two minutes. --only: single measures. --list: their names.
 * --write: keeps the results in bench/results.json, and writes docs/benchmarks.md and its chart from all that are kept
 * there: with --only, those of the other measures stay.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { BUDGETS } from './lib/budgets.mjs';
import { chartRows, toSvg } from './lib/chart.mjs';
import { endCommands } from './lib/commands.mjs';
import { interrupt, isInterrupted } from './lib/interruption.mjs';
import { judge } from './lib/judge.mjs';
import { mergeKept, readKept, takenOf, writeKept } from './lib/kept-results.mjs';
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
// npm may have needed it. With it Node 20 reads all root certificates whenever a process starts, which takes three times as
// long as the rest of Node's start.
delete process.env.NODE_EXTRA_CA_CERTS;
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
  const { tools, loadBefore: load } = scene;
  const machine = describeMachine(tools);
  const rows = BUDGETS.filter(({ measure }) => isTaken(measure));
  const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
  const now = { date: new Date().toISOString().slice(0, 10), load, machine };
  process.stdout.write(
    await toMarkdown({
      judgements: judgeAll(rows, taken),
      taken: taken.map((one) => ({ ...one, ...now })),
      leftOut: leftOut(),
      notes: [...notes(), `It took ${minutes} minutes.`],
    }),
  );
  if (options.isWriting) await write(now);
}

function judgeAll(rows, results) {
  const entrants = new Map(results.map((one) => [one.measure.name, one.entrants]));
  return rows.map((row) => judge(row, entrants));
}

function notes() {
  const { tools, peersTrouble } = scene;
  return [
    ...(tools.wrk
      ? []
      : ['wrk is not installed: autocannon made the load, which takes more of the machine itself.']),
    ...(peersTrouble === undefined ? [] : [`The peers from npm are left out: ${peersTrouble}.`]),
  ];
}

/** What this run lacks of a full one, of the measures that were asked for. */
function leftOut() {
  return MEASURES.filter(({ name }) => isTaken(name)).flatMap((measure) => {
    if (skipped.includes(measure.name)) return [`${measure.name}: no time was left`];
    const keys = new Set(measure.entrants(scene).map(({ key }) => key));
    const missing = measure
      .entrants({ ...scene, isQuick: false })
      .filter(({ key, why }) => why === undefined && !keys.has(key))
      .map(({ title }) => title);
    return missing.length === 0 ? [] : [`${measure.name}: ${missing.join('; ')}`];
  });
}

async function write(now) {
  const names = MEASURES.map(({ name }) => name);
  const kept = mergeKept(readKept(), taken, now, names);
  await writeKept(kept);
  const all = takenOf(kept, MEASURES);
  const judgements = judgeAll(BUDGETS, all);
  const contents = {
    judgements,
    taken: all,
    leftOut: MEASURES.filter(({ name }) => kept[name] === undefined).map(
      ({ name, what }) => `${name}: ${what}`,
    ),
    notes: notes(),
    intro: introduction(),
  };
  writeFileSync(pathOf('docs/benchmarks.md'), await toMarkdown(contents));
  writeFileSync(pathOf('docs/benchmarks.svg'), toSvg(chartRows(judgements)));
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
