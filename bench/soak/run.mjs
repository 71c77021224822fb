/**
 * The soak: one engine with two groups under load. Its workers are restarted thousands of times, by kills and rolling
 * restarts in turn, and its configuration is reloaded. Prints the resources of supervisor and server as a table.
 * Exits with 1 when they grow.
 *
 * With `--start fork` all workers are killed each time, and forked from one template, whose resources are in the table, too.
 *
 *   npm run soak -- [--restarts N] [--reloads N] [--samples N] [--minutes M] [--start spawn|fork]
 */
import { existsSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { endEngines, Engine } from '../chaos/engine.mjs';
import { endLoads, startLoad } from '../chaos/loads.mjs';
import { lastLines, readRecords } from '../chaos/log-lines.mjs';
import { holdingsOf, mappingsOf } from '../lib/proc.mjs';
import { growths, toTable } from './verdict.mjs';

const LIMIT_MS = 120_000;
const POLL_MS = 50;
const LINES = 40;
/** Pause before a sample, so that processes end and garbage is collected. */
const SETTLE_MS = 3000;

const { values: options } = parseArgs({
  options: {
    restarts: { type: 'string', default: '10000' },
    reloads: { type: 'string', default: '1000' },
    samples: { type: 'string', default: '10' },
    minutes: { type: 'string', default: 'Infinity' },
    start: { type: 'string', default: 'spawn' },
  },
});
const isForked = options.start === 'fork';
/** Of each group. Many at once: a round costs a few waits, however many workers it replaces. */
const WORKERS = isForked ? 16 : 8;
/** Each group has a template of its own. */
const GROUPS = isForked ? ['web'] : ['web', 'queue'];
const [restarts, reloads, count] = [options.restarts, options.reloads, options.samples].map(Number);
/** No round starts after that time. */
const mostMs = Number(options.minutes) * 60_000;

if (process.platform !== 'linux') fail('it reads /proc, so it needs Linux');
if (!existsSync(fileURLToPath(new URL('../../dist/index.js', import.meta.url))))
  fail('run `npm run build` first');
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(name, () => fail('interrupted'));

const shape = {
  groups: GROUPS.map((name) => ({ name, type: 'process', workers: WORKERS })),
  supervisor: true,
  hasDisk: false,
};
// No delay for workers that die young, and the usual log format.
const config = {
  restartBackoffReset: 0,
  restartStrategy: 'rolling',
  restartConcurrency: WORKERS,
  startWorkerConcurrency: WORKERS,
  // The times of chaos are too short for so many starts at once on a busy machine.
  workerReadyTimeout: 90,
  workerHeartbeatTimeout: 90,
  serverHeartbeatTimeout: 90,
  workerGracefulKillTimeout: 60,
  workerStart: options.start,
};

let template;

try {
  const startedAt = performance.now();
  const samples = await soak();
  const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
  const grown = growths(samples);
  process.stdout.write(`${toTable(samples)}\n\n`);
  process.stdout.write(
    `${minutes} minutes. ${grown.length === 0 ? 'Flat.' : `Grows: ${grown.join('; ')}.`}\n`,
  );
  process.exitCode = grown.length === 0 ? 0 : 1;
} catch (error) {
  fail(error.stack);
}

async function soak() {
  const engine = await Engine.start(shape, { ...config, logRotateSize: 1_000_000, logRotateAge: 5 });
  try {
    await allNew(engine, new Set());
    const load = await startLoad(engine.folder.targets());
    const samples = [await sample(engine, 0, 0)];
    let [restarted, reloaded, isKill] = [0, 0, true];
    const startedAt = performance.now();
    while (restarted < restarts && performance.now() - startedAt < mostMs) {
      const old = new Set(await workerPids(engine));
      if (isKill) for (const pid of old) engine.signal(pid, 'SIGKILL');
      else await restart(engine);
      await allNew(engine, old);
      // Not only with each sample: the log says why, and is rotated.
      if (isForked) checkTemplate(engine);
      // A restart would load the program again, into a new template.
      isKill = isForked || !isKill;
      restarted += old.size;
      for (; reloaded < (restarted / restarts) * reloads; reloaded += 1) await reload(engine);
      if (restarted >= (samples.length * restarts) / count)
        samples.push(await sample(engine, restarted, reloaded));
    }
    if (restarted > samples.at(-1).restarts) samples.push(await sample(engine, restarted, reloaded));
    const { asked, failures } = await load.finish();
    process.stderr.write(`soak: ${asked} requests, ${failures.length} failed in killed workers\n`);
    return samples;
  } catch (error) {
    const { records } = readRecords(engine.folder.logTexts());
    // Not among the others, which are many: each killed worker has one.
    const ofTemplates = records.filter(
      ({ message = '', pid, role }) => pid === template || role === 'template' || /fork/.test(message),
    );
    const told = lastLines(
      records.filter(({ level }) => level === 'warn' || level === 'error'),
      LINES,
    );
    throw new Error([error.message, ...lastLines(ofTemplates, LINES), ...told].join('\n'), { cause: error });
  } finally {
    engine.remove();
  }
}

async function restart(engine) {
  const answer = await engine.ask('restart', [true], LIMIT_MS);
  if (answer?.ok !== true) throw new Error(`the rolling restart failed: ${JSON.stringify(answer)}`);
}

async function reload(engine) {
  engine.folder.setConfig({});
  const answer = await engine.ask('reload');
  if (answer?.ok !== true) throw new Error(`the reload failed: ${JSON.stringify(answer)}`);
}

async function workerPids(engine) {
  const status = await engine.ask('status');
  return (status?.workers ?? []).filter(({ state }) => state === 'running').map(({ pid }) => pid);
}

/** Resolves when the required number of workers run, all of them new, and the old ones are gone. */
async function allNew(engine, old) {
  const deadline = performance.now() + LIMIT_MS;
  for (;;) {
    const pids = await workerPids(engine);
    const wanted = GROUPS.length * WORKERS;
    const isNew = pids.length === wanted && pids.every((pid) => !old.has(pid));
    if (isNew && engine.pidsOf('worker').length === wanted) return;
    if (performance.now() > deadline) {
      const status = JSON.stringify(await engine.ask('status'), undefined, 1);
      throw new Error(`the workers were not replaced within ${LIMIT_MS / 1000} s: ${status}`);
    }
    await sleep(POLL_MS);
  }
}

async function sample(engine, restarted, reloaded) {
  await sleep(SETTLE_MS);
  const of = async (name) => {
    const [pid] = engine.pidsOf(name);
    const heapMb = await engine.heapMb(pid);
    return { heapMb, ...holdingsOf(pid) };
  };
  const roles = { supervisor: await of('main'), server: await of('server') };
  if (isForked) roles.template = templateOf(engine);
  process.stderr.write(`soak: ${restarted} restarts, ${reloaded} reloads\n`);
  return { restarts: restarted, reloads: reloaded, roles };
}

/** @throws when it is not the one of the first time. */
function checkTemplate(engine) {
  const pids = engine.templates();
  template ??= pids.at(0);
  if (template === undefined || pids.join() !== String(template))
    throw new Error(`the template ${template} is gone, now there is ${pids.join() || 'none'}`);
  return template;
}

function templateOf(engine) {
  const pid = checkTemplate(engine);
  return { ...holdingsOf(pid), mappings: mappingsOf(pid) };
}

function fail(reason) {
  process.stderr.write(`soak: ${reason}\n`);
  endLoads();
  endEngines();
  process.exit(1);
}
