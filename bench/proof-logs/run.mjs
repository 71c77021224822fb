/**
 * The proof that no line of the log is lost, doubled or torn under rotation and kills: workers write numbered lines,
 * which are then counted in the files. Prints a Markdown table. Exits with 1 when a line was lost.
 *
 *   npm run proof:logs -- [--short] [--json] [--only NAME] [--lines N]
 *
 * --short: few lines. --json: rows as JSON instead. --only: kinds with that in the name. --lines: of each worker.
 */
import { existsSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { judgeWriter, readLines } from './check.mjs';
import { KINDS } from './kinds.mjs';
import { LogFolder, moverName } from './log-folder.mjs';
import { endTrees, Tree } from './tree.mjs';

const { values: options } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    lines: { type: 'string' },
  },
});
const lines = Number(options.lines ?? (options.short ? 6000 : 50_000));
const moveEveryMs = options.short ? 150 : 700;
const deadlineMs = 300_000;
const MOST_TOLD = 10;

if (process.platform !== 'linux') await fail('it reads /proc, so it needs Linux');
if (!existsSync(fileURLToPath(new URL('../../dist/index.js', import.meta.url))))
  await fail('run `npm run build` first');
for (const name of ['SIGINT', 'SIGTERM', 'disconnect']) process.once(name, () => void fail('interrupted'));

const rows = [];
try {
  for (const kind of KINDS.filter(({ name }) => name.includes(options.only))) rows.push(await prove(kind));
} catch (error) {
  await fail(error.stack);
}
if (options.json) process.stdout.write(`${JSON.stringify(rows)}\n`);
else process.stdout.write(`${toTable()}\n`);
for (const { name, problems } of rows)
  for (const problem of problems) process.stderr.write(`${name}: ${problem}\n`);
process.exit(rows.some(({ problems }) => problems.length > 0) ? 1 : 0);

async function prove(kind) {
  const folder = new LogFolder();
  const each = kind.linesEach ?? lines;
  const tree = new Tree(
    { ...kind.config, log: folder.log },
    { lines: each, progress: folder.progress, write: kind.write ?? 'all' },
  );
  try {
    const startedAt = performance.now();
    const killing = kind.kill?.(tree, folder);
    const isOver = () => (kind.endsByItself ? tree.hasEnded : folder.done >= expectedWriters(kind));
    let movedAt = startedAt;
    while (!isOver()) {
      if (performance.now() - startedAt > deadlineMs)
        throw new Error(`${kind.name}: not done in ${deadlineMs} ms\n${tree.errors}`);
      await sleep(50);
      if (kind.isMoved === false || performance.now() - movedAt < moveEveryMs) continue;
      movedAt = performance.now();
      await folder.move();
    }
    // A worker may be killed after its last call of the logger, while some lines still wait in its memory.
    const killed = (await killing) ?? new Set();
    const seconds = (performance.now() - startedAt) / 1000;
    await tree.end();
    return judge(kind, folder, { each, seconds, errors: tree.errors, killed });
  } finally {
    await tree.end();
    folder.remove();
  }
}

function expectedWriters({ config }) {
  return config.workerType === 'spawn' ? 2 * config.workers : config.workers;
}

function judge(kind, folder, { each, seconds, errors, killed }) {
  const { writers, torn, lines: found } = readLines(folder.texts());
  const noted = folder.noted();
  const row = {
    name: kind.name,
    writers: writers.size,
    lines: found,
    rotations: folder.rotations,
    moves: folder.moves,
    lost: 0,
    twice: 0,
    disordered: 0,
    torn: torn.length,
    unsent: 0,
    seconds,
  };
  const problems = torn.slice(0, MOST_TOLD).map((line) => `torn: ${line}`);
  for (const text of folder.texts()) {
    for (const [line] of text.matchAll(/^.*log lines dropped.*$/gm)) problems.push(line);
  }
  if (errors !== '') problems.push(`stderr: ${errors.slice(0, 500)}`);
  for (const [writer, runs] of writers) {
    const isCutOff =
      kind.mayLose === 'later' || (kind.mayLose === 'own' && (killed.has(writer) || !folder.isDone(writer)));
    // There must be no gap up to its noted progress. A writer that was not cut off has written all.
    const least = isCutOff ? 0 : each;
    if (isCutOff) row.unsent += Math.max(0, (noted.get(writer) ?? 0) - Math.max(...runs.flat()));
    const { lost, atEnd, twice, disordered } = judgeWriter(runs, least);
    row.lost += lost;
    row.twice += twice;
    row.disordered += disordered;
    if (lost + twice + disordered > 0 && problems.length < MOST_TOLD) {
      problems.push(
        `${writer}: ${lost} lost (${atEnd} at its end), ${twice} twice, ${disordered} out of order`,
      );
    }
  }
  return { ...row, problems };
}

function toTable() {
  const head = [
    'kind',
    'writers',
    'lines',
    'rotations',
    `moved by ${moverName}`,
    'lost',
    'twice',
    'out of order',
    'torn',
    'in the memory of the killed',
    'seconds',
  ];
  const cells = rows.map((row) => [
    row.name,
    row.writers,
    row.lines,
    row.rotations,
    row.moves,
    row.lost,
    row.twice,
    row.disordered,
    row.torn,
    row.unsent,
    row.seconds.toFixed(1),
  ]);
  return [head, head.map(() => '---'), ...cells].map((line) => `| ${line.join(' | ')} |`).join('\n');
}

async function fail(reason) {
  process.stderr.write(`proof:logs: ${reason}\n`);
  await endTrees();
  process.exit(1);
}
