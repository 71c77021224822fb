// Plays one episode on its own engine, and returns the violations.
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { holdingsOf, zombiesOf } from '../lib/proc.mjs';
import { Engine } from './engine.mjs';
import { startLoad } from './loads.mjs';
import { judgeNumbers, lastLines, readRecords } from './log-lines.mjs';
import {
  judgeEnd,
  judgeForks,
  judgeHoldings,
  judgeRequests,
  judgeTree,
  judgeUses,
  usesDone,
} from './model.mjs';
import { Performer } from './perform.mjs';

const START_MS = 60_000;
/** From the last action to rest: longer than the longest escalation of the configuration on a busy machine. */
const REST_MS = 60_000;
const END_MS = 60_000;
const POLL_MS = 250;
/** A request may still be in flight when the engine comes to rest. */
const SETTLED_MS = 300;
const CLOSING_MS = 10_000;
const SPARE_DESCRIPTORS = 3;
/** A process that was frozen until the last moment is given up within that time. */
const LONGEST_SILENCE_MS = 25_000;
/** A single shorter freeze never exceeds the heartbeat timeout. */
const SEEN_MS = 4000;
const LINES = 60;

/** @returns {Promise<{ wrong: string[], asked: number, uses: { use: string, isForked: boolean }[], lines: string[], isStarved: boolean, seconds: number }>} */
export async function play(episode) {
  const startedAt = performance.now();
  const engine = await Engine.start(episode.shape, episode.config);
  try {
    const { wrong, asked, mendedAt } = await playOn(engine, episode);
    const { records } = readRecords(engine.folder.logTexts());
    const lines = wrong.length > 0 ? [...lastLines(records, LINES), ...stderrOf(engine)] : [];
    const isStarved = wrong.length > 0 && wasStarved(records, episode, mendedAt);
    const uses = usesDone(records);
    return { wrong, asked, uses, lines, isStarved, seconds: (performance.now() - startedAt) / 1000 };
  } finally {
    engine.remove();
  }
}

async function playOn(engine, episode) {
  const { shape, actions } = episode;
  const target = targetOf(shape);
  const notUp = await rest(engine, { target }, START_MS);
  if (notUp.length > 0) return { wrong: notUp.map((what) => `at the start: ${what}`), asked: 0 };
  const [before, workersBefore] = [holdings(engine), workersOf(engine)];
  const load = await startLoad(engine.folder.targets());
  const performer = new Performer(engine);
  await performer.perform(actions);
  performer.mendAll();
  const mendedAt = Date.now();

  // First at rest with the number of workers that it was scaled to, then, after a reload, as configured.
  const restartedAt = mayHalt(episode) ? 0 : performer.restartedAt;
  let wrong = await rest(engine, { restartedAt }, REST_MS);
  if (wrong.length === 0) {
    engine.tellMain('SIGUSR2');
    wrong = await rest(engine, { target, version: engine.folder.version }, REST_MS);
  }
  const quietAt = Date.now() + SETTLED_MS;
  await sleep(2 * SETTLED_MS);
  const isGone = engine.mainPid === undefined;
  const { failures, asked } = await load.finish();
  wrong.push(...judgeRequests({ ...episode, hasEnded: isGone, failures, asked, quietAt }));
  for (const { method, answer } of performer.answers) {
    if (answer === undefined && episode.isGentle) wrong.push(`${method}() has not answered`);
  }
  if (!isGone && wrong.length === 0) wrong.push(...(await holdingWrongs(engine, before, workersBefore)));
  wrong.push(...(await endWrongs(engine, episode)));
  wrong.push(...logWrongs(engine, episode));
  return { wrong, asked, mendedAt };
}

function targetOf({ groups }) {
  return Object.fromEntries(groups.map(({ name, workers }) => [name, workers]));
}

/** A new worker that ends or cannot start halts a restart, and the old ones stay. */
function mayHalt({ isGentle, actions }) {
  return !isGentle || actions.some(({ do: what, to }) => what === 'release' || to === 'worker');
}

function hasEnded(engine) {
  return engine.members().length === 0;
}

async function treeWrongs(engine, { target, version, restartedAt }) {
  // Without a main process there is nothing to ask.
  if (engine.mainPid === undefined) return ['there is no main process'];
  const status = await engine.ask('status', [], 5000);
  const { shape, isDaemon, standbyWorkers, autoscale, children } = engine.folder;
  const seen = { members: engine.members(), status, facts: engine.folder.facts() };
  return judgeTree({
    shape,
    isDaemon,
    standbyWorkers,
    autoscale,
    children,
    ...seen,
    target,
    version,
    restartedAt,
    now: Date.now(),
  });
}

/** Resolves with an empty list once nothing is wrong twice in a row, otherwise with the last violations. */
async function rest(engine, wanted, limitMs) {
  const deadline = performance.now() + limitMs;
  let clean = 0;
  for (;;) {
    const wrong = await treeWrongs(engine, wanted);
    clean = wrong.length === 0 ? clean + 1 : 0;
    if (clean === 2) return [];
    if (clean === 0 && (performance.now() > deadline || hasEnded(engine))) return wrong;
    await sleep(POLL_MS);
  }
}

/** Connections of clients may be among them for a moment. */
async function holdingWrongs(engine, before, workersBefore) {
  const deadline = performance.now() + CLOSING_MS;
  for (;;) {
    const moreWorkers = workersOf(engine) - workersBefore;
    const wrong = judgeHoldings(before, holdings(engine), SPARE_DESCRIPTORS, moreWorkers);
    if (wrong.length === 0 || performance.now() > deadline) return wrong;
    await sleep(POLL_MS);
  }
}

function workersOf(engine) {
  return engine.members().filter(({ role }) => role === 'worker').length;
}

function holdings(engine) {
  const found = {};
  for (const { pid, role } of engine.members()) {
    if (role === 'main' || role === 'server') found[role] = { ...holdingsOf(pid), zombies: zombiesOf(pid) };
  }
  return found;
}

async function endWrongs(engine, { end, shape, actions }) {
  if (end === 'stop by method') void engine.ask('stop', [true], 1000);
  else if (end === 'SIGTERM while a restart runs') {
    engine.tellMain('SIGUSR1');
    await sleep(200);
    engine.tellMain('SIGTERM');
  } else engine.tellMain(end);
  // A supervisor removes what a killed server leaves. Without one, the next server with a socket manager does.
  const isServerKilled =
    end === 'SIGKILL' || (!shape.supervisor && actions.some(({ to }) => to === 'server' || to === 'all'));
  const wrong = await gone(engine, end, isServerKilled);
  if (end !== 'SIGKILL' || wrong.length > 0) return wrong;

  // The remains of a killed process must not stop the next start.
  engine.startProcess();
  const notUp = await rest(engine, { target: targetOf(shape) }, START_MS);
  if (notUp.length > 0) return notUp.map((what) => `started again: ${what}`);
  engine.tellMain('SIGTERM');
  return gone(engine, 'SIGTERM', isServerKilled);
}

async function gone(engine, end, isServerKilled) {
  const exit = await Promise.race([engine.exited, sleep(END_MS, undefined, { ref: false })]);
  const deadline = performance.now() + END_MS;
  while (engine.members().length > 0 && performance.now() < deadline) await sleep(100);
  const { isDaemon } = engine.folder;
  const seen = { exit, members: engine.members(), leftovers: engine.folder.leftovers() };
  return judgeEnd({ end, isDaemon, ...seen, isServerKilled });
}

/** Possible reasons for lost lines: a full disk, and a parent that was killed or frozen. */
function logWrongs(engine, { shape, actions, end }) {
  const { records, torn } = readRecords(engine.folder.logTexts());
  const isTemplateHarmed = actions.some(
    ({ do: what, to }) => what === 'release' || to === 'template' || to === 'all',
  );
  const mayTear = end === 'SIGKILL' || actions.some(({ do: what }) => what === 'fillDisk');
  const mayLose =
    mayTear ||
    actions.some(
      ({ do: what, to, order }) =>
        (what === 'freeze' && to !== 'worker' && to !== 'template') ||
        to === 'server' ||
        order?.kind === 'block',
    );
  return [
    ...(mayTear ? [] : torn.map((line) => `a torn line: ${line}`)),
    ...(mayLose ? [] : judgeNumbers(records)),
    ...(shape.start === 'fork' ? judgeForks(records, isTemplateHarmed) : []),
    ...judgeUses(records),
  ];
}

/**
 * Whether the machine is overloaded: a process was given up for silence or late readiness although no freeze explains
 * it. `mendedAt`: when the last frozen process was resumed.
 */
function wasStarved(records, { actions }, mendedAt = 0) {
  const isHeld = actions.some(
    ({ do: what, ms, order }) =>
      ((what === 'freeze' || what === 'harmTemplate') && ms >= SEEN_MS) ||
      (order?.kind === 'block' && order.ms >= SEEN_MS) ||
      order?.kind === 'heap',
  );
  const freeFrom = isHeld ? mendedAt + LONGEST_SILENCE_MS : 0;
  return records.some(
    ({ message, reason, time }) =>
      (/heartbeat timed out|did not become ready in time/.test(message ?? '') ||
        /^(ready_timeout$|it was not ready after)/.test(reason ?? '')) &&
      Date.parse(time) > freeFrom,
  );
}

function stderrOf(engine) {
  return engine.stderr === '' ? [] : ['stderr:', ...engine.stderr.trimEnd().split('\n').slice(-20)];
}
