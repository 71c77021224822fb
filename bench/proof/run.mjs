/**
 * The proof that restarts lose no request: a real app under load, with each kind of restart many times. Prints a
 * Markdown table. Exits with 1 when a request was lost.
 *
 *   npm run proof:sockets -- [--short] [--json] [--only NAME] [--times N]
 *
 * --short: each kind once, without nginx, under 20 s. --json: rows as JSON instead. --only: kinds with that in the
 * name.
 */
import { existsSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { AppTree, endTrees } from './app-tree.mjs';
import { KINDS } from './kinds.mjs';
import { endLoads, startLoads } from './loads.mjs';
import { endNginx, nginxPath, startNginx } from './nginx.mjs';
import { toTable } from './table.mjs';

const { values: options } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    times: { type: 'string' },
  },
});
const MOST_TOLD = 10;
const times = Number(options.times ?? (options.short ? 1 : 10));
const workers = options.short ? 2 : 3;
const settleMs = options.short ? 50 : 200;
const usesNginx = !options.short && nginxPath !== undefined;

if (process.platform !== 'linux') fail('it reads /proc, so it needs Linux');
if (!existsSync(fileURLToPath(new URL('../../dist/index.js', import.meta.url))))
  fail('run `npm run build` first');
for (const name of ['SIGINT', 'SIGTERM', 'disconnect']) process.once(name, () => void fail('interrupted'));

const startedAt = performance.now();
const rows = [];
let tree;
try {
  for (const kind of KINDS.filter(({ name }) => name.includes(options.only))) {
    // One app for all kinds with the same configuration: each restart must cope with what the last one left behind.
    if (tree && JSON.stringify(tree.kindConfig) !== JSON.stringify(kind.config)) tree = await end(tree);
    if (!tree) {
      tree = await AppTree.start(kind.config, workers);
      tree.kindConfig = kind.config;
    }
    rows.push(await prove(kind, tree));
  }
  if (tree) tree = await end(tree);
} catch (error) {
  await fail(error.stack);
}
const isLost = rows.some(({ isProven }) => !isProven);
const seconds = Math.round((performance.now() - startedAt) / 1000);
if (options.json) process.stdout.write(`${JSON.stringify(rows)}\n`);
else process.stdout.write(`${toTable(rows, { times, seconds, usesNginx })}\n`);
for (const { name, failures, notes } of rows) {
  for (const line of [...failures, ...notes]) process.stderr.write(`${name}: ${line}\n`);
}
process.exit(isLost ? 1 : 0);

async function end(app) {
  await app.stop();
  return undefined;
}

/** Restarts of one kind, so many times, under load. */
async function prove(kind, app) {
  if (!options.json) process.stderr.write(`proof: ${kind.name}\n`);
  const index = KINDS.indexOf(kind);
  const nginx = usesNginx ? await startNginx(app.targets) : undefined;
  const since = app.lines().length;
  const loads = await startLoads(`${index}.`, groupsOf(app.targets, nginx?.targets));
  const tookMs = [];
  app.setConfig(kind.change ?? {});
  await sleep(settleMs);
  for (let time = 0; time < times; time += 1) {
    const begunAt = performance.now();
    await kind.act(app);
    tookMs.push(Math.round(performance.now() - begunAt));
    // Each time at another moment of the clients' rhythm.
    await sleep(settleMs * (1 + Math.random()));
  }
  app.setConfig(Object.fromEntries(Object.keys(kind.change ?? {}).map((key) => [key, undefined])));
  const tallies = await loads.finish();
  const nginxErrors = (await nginx?.stop()) ?? [];
  return rowOf(kind, { tallies, tookMs, nginxErrors, handled: app.handled(), log: app.lines().slice(since) });
}

/** Which lanes share a client process. */
function groupsOf({ web, unix, lines, datagrams, echo }, nginx) {
  const groups = [
    [
      { sort: 'short', target: web, count: 4 },
      { sort: 'lines', target: lines, count: 2 },
      { sort: 'unix', target: unix, count: 3 },
    ],
    [
      { sort: 'keepAlive', target: web, count: 8 },
      { sort: 'thinking', target: web, count: options.short ? 24 : 40 },
      { sort: 'slowBody', target: web, count: 4 },
    ],
    [
      { sort: 'udp', target: datagrams, count: 1 },
      { sort: 'udp', target: echo, count: 1 },
    ],
  ];
  if (nginx) {
    groups.push([
      { sort: 'nginx', target: nginx.tcp, count: 6 },
      { sort: 'nginx', target: nginx.unix, count: 6 },
    ]);
  }
  return groups;
}

function rowOf(kind, { tallies, tookMs, nginxErrors, handled, log }) {
  const all = Object.values(tallies);
  const refused = all.flatMap((tally) => tally.refused);
  const lost = all.flatMap((tally) => tally.lost);
  const reset = all.flatMap((tally) => tally.reset);
  const twice = [...handled].filter(([id, times]) => times > 1 && id.startsWith(`${KINDS.indexOf(kind)}.`));
  const alarms = log.filter((line) => /\[(warn|error|fatal)\]/.test(line));
  const isProven =
    refused.length === 0 && (!kind.isGraceful || lost.length + twice.length + reset.length === 0);
  return {
    name: kind.name,
    isGraceful: kind.isGraceful,
    isProven,
    asked: Object.fromEntries(Object.entries(tallies).map(([sort, { asked }]) => [sort, asked])),
    retried: all.reduce((sum, tally) => sum + tally.retried, 0),
    reset: reset.length,
    refused: refused.length,
    lost: lost.length,
    /** Requests that a worker began although the client had to send them again. */
    twice: twice.length,
    /** An upstream connection was closed during its use, and nginx asked again on another one. */
    retriedByNginx: nginxErrors.length,
    gatewayErrors: (tallies.nginx?.lost ?? []).filter(({ why }) => /^status 50[24]/.test(why)).length,
    slowestMs: Math.round(Math.max(...all.map((tally) => tally.slowestMs))),
    slowestBySort: Object.fromEntries(
      Object.entries(tallies).map(([sort, { slowestMs }]) => [sort, Math.round(slowestMs)]),
    ),
    tookMs,
    failures: [
      ...refused.slice(0, MOST_TOLD).map((failure) => describe('refused', failure, handled)),
      ...reset.slice(0, MOST_TOLD).map((failure) => describe('reset', failure, handled)),
      ...lost.slice(0, MOST_TOLD).map((failure) => describe('lost', failure, handled)),
      ...twice.slice(0, MOST_TOLD).map(([id, times]) => `${id} was begun ${times} times`),
    ],
    notes: kind.isGraceful ? [...nginxErrors, ...alarms].slice(0, MOST_TOLD) : [],
  };
}

function describe(what, { id, at, why, afterMs }, handled) {
  // A worker always knows of a repeated request.
  const seen = handled.has(id) ? '; a worker had begun with it' : '; no worker saw it';
  return `${what} ${id} at ${new Date(at).toISOString()} after ${afterMs} ms: ${why}${what === 'reset' ? '' : seen}`;
}

async function fail(reason) {
  process.stderr.write(`proof: ${reason}\n`);
  endLoads();
  endNginx();
  endTrees();
  process.exit(1);
}
