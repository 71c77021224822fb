// What is measured, each of one contender in one round.
import { execFile } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { pssMb, Tree } from './tree.mjs';

const run = promisify(execFile);
const SETTLE_MS = 1000;
/** Once idle, V8 tidies each heap, which takes some 50 ms of processor time within 20 s and then no more. */
const IDLE_SETTLE_MS = 20_000;
const CONNECTIONS = 32;

/** Starts a contender, waits for all its workers, and ends it whatever happens. */
async function withTree(app, workers, use) {
  const tree = await Tree.start(app, workers);
  try {
    return await use(tree, await tree.untilAnswered(workers));
  } finally {
    await tree.end();
  }
}

/** Start, memory and healing of four workers, in one life. */
export function lifeOfFour(app) {
  return withTree(app, 4, async (tree, { ms, answers }) => {
    await sleep(SETTLE_MS);
    const memory = tree.pssMb();
    const [victim] = answers.keys();
    const healed = await tree.untilReplaced(victim, new Set(answers.keys()));
    return { start: ms, memory, healed };
  });
}

/** One worker by itself: from the start of its process until it listens, and its own memory. */
export function oneWorker(app) {
  return withTree(app, 1, async (_tree, { answers }) => {
    await sleep(SETTLE_MS);
    const [[pid, listeningMs]] = answers;
    return { start: listeningMs, memory: pssMb(pid) };
  });
}

/** Requests per second of two workers: a connection for each request, and kept-alive ones. */
export function requestRates(app, seconds) {
  return withTree(app, 2, async (tree) => {
    const url = `http://127.0.0.1:${tree.port}/`;
    const short = await wrk(['-H', 'Connection: close', url], seconds);
    const keepAlive = await wrk([url], seconds);
    return { short, keepAlive };
  });
}

/** Share of one core that four workers use while nobody asks anything, in percent. */
export function idle(app, seconds) {
  return withTree(app, 4, async (tree) => {
    await sleep(IDLE_SETTLE_MS);
    const startedAt = performance.now();
    const before = tree.cpuMs();
    await sleep(seconds * 1000);
    return { cpu: (100 * (tree.cpuMs() - before)) / (performance.now() - startedAt) };
  });
}

async function wrk(args, seconds) {
  const { stdout } = await run('wrk', ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, ...args]);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)[1]);
}

/** The version of wrk, undefined when there is none. */
export async function wrkVersion() {
  // It prints its version with its usage, and calls that a failure.
  const { stdout = '', stderr = '' } = await run('wrk', ['--version']).catch((error) => error);
  return /^wrk (\S+)/m.exec(stdout + stderr)?.[1];
}
