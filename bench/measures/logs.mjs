// Log lines per second into one file.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { CONTENDERS } from '../lib/contenders.mjs';
import { whyNot } from './entrants.mjs';

const LOOK_MS = 5;
/** Nothing has been written for so long: nothing will come. */
const SILENCE_MS = 1500;
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
      rounds: scene.isQuick ? 2 : 5,
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
  const endedAt = await untilSilent(log, lines);
  const there = countLines(readFileSync(log, 'latin1'));
  return { rate: there / ((endedAt - startedAt) / 1000), lost: lines - there };
}

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

/** Looks at the size alone, which costs the writers nothing. Resolves with when it last grew. */
async function untilSilent(log, lines) {
  const deadline = performance.now() + WRITE_MS;
  let [size, grownAt] = [0, performance.now()];
  while (performance.now() - grownAt < SILENCE_MS) {
    const now = existsSync(log) ? statSync(log).size : 0;
    if (now !== size) [size, grownAt] = [now, performance.now()];
    if (performance.now() > deadline) throw new Error(`${lines} lines not within ${WRITE_MS / 1000} s`);
    await sleep(LOOK_MS);
  }
  return grownAt;
}

/** Whole and different ones: a line that is there twice makes up for no other. */
export function countLines(text) {
  const whole = (text.match(/\bline \d+-\d+ x+/g) ?? []).filter(({ length }) => length === MESSAGE_BYTES);
  return new Set(whole).size;
}
