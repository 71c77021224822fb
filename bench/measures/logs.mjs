// Log lines per second into one file.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { CONTENDERS } from '../lib/contenders.mjs';
import { whyNot } from './entrants.mjs';

const LOOK_MS = 5;
/** Nothing has been written for that long: all lines may be there, or no more will come. */
const PAUSE_MS = 200;
const SILENCE_MS = 3000;
/** As in apps/log-writer.cjs. */
const MESSAGE_BYTES = 100;
const START_MS = 20_000;
const WRITE_MS = 60_000;

export const logs = {
  name: 'logs',
  what: 'log lines per second into one file',
  deadlineMs: 120_000,
  baseline: 'winston',
  columns: [
    { figure: 'rate', title: 'lines', unit: '/s' },
    { figure: 'lost', title: 'lost', unit: '', isTotal: true },
  ],
  entrants: (scene) =>
    [
      { id: 'logs-serverengine', key: 'serverengine', title: 'serverengine, 4 workers', writers: 4 },
      { id: 'logs-winston', key: 'winston', title: 'winston File, one process', writers: 1 },
      { id: 'logs-pino', key: 'pino', title: 'pino, one process', writers: 1, mode: 'async' },
      { id: 'logs-pino', key: 'pino-sync', title: 'pino sync, one process', writers: 1, mode: 'sync' },
    ].map(({ id, key, title, writers, mode }) => ({
      key,
      title,
      rounds: scene.isQuick ? 1 : 5,
      why: whyNot(id, scene),
      run: (ground) => write(ground, CONTENDERS[id], writers, scene.isQuick ? 80_000 : 400_000, mode),
    })),
};

async function write(ground, contender, writers, lines, mode) {
  const tree = await ground.start({ ...contender, command: inFolder(contender, lines, mode) }, writers);
  const [log, go] = ['log', 'go'].map((name) => join(tree.folder, name));
  await tree.untilRecorded(writers, START_MS);
  const startedAt = performance.now();
  writeFileSync(go, '');
  const endedAt = await untilWritten(log, lines);
  const there = linesIn(log);
  return { rate: there / ((endedAt - startedAt) / 1000), lost: lines - there };
}

const linesIn = (path) => (existsSync(path) ? countLines(readFileSync(path, 'latin1')) : 0);

function inFolder(contender, lines, mode = '') {
  return (tree) => ({
    ...contender.command(tree),
    env: {
      BENCH_LOG: join(tree.folder, 'log'),
      BENCH_GO: join(tree.folder, 'go'),
      BENCH_LINES: String(lines),
      BENCH_PINO: mode,
    },
  });
}

/**
 * Watches only the size, which costs the writers nothing, and reads the lines when it stays the same. Resolves with
 * the time of the last growth, when all lines are there or no more come.
 */
async function untilWritten(log, lines) {
  const deadline = performance.now() + WRITE_MS;
  let grownAt = performance.now();
  let size = 0;
  let countedSize = 0;
  for (;;) {
    await sleep(LOOK_MS);
    const now = performance.now();
    const sizeNow = existsSync(log) ? statSync(log).size : 0;
    if (sizeNow !== size) [size, grownAt] = [sizeNow, now];
    if (now - grownAt > SILENCE_MS) return grownAt;
    if (now - grownAt > PAUSE_MS && size !== countedSize) {
      countedSize = size;
      if (linesIn(log) >= lines) return grownAt;
    }
    if (now > deadline) throw new Error(`still writing after ${WRITE_MS / 1000} s`);
  }
}

/** Counts complete, distinct lines: a duplicate does not make up for a missing one. */
export function countLines(text) {
  const whole = (text.match(/\bline \d+-\d+ x+/g) ?? []).filter(({ length }) => length === MESSAGE_BYTES);
  return new Set(whole).size;
}
