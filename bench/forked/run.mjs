/**
 * What programs do (things.cjs), each of it done by forked workers and checked, on several versions of Node.
 *
 *   npm run trial:fork -- [--nodes 20,22,24,26] [--only TEXT] [--json]
 *
 * Node 22 and so on, and the native addons, come from npm, into a temporary folder, or into `--folder`.
 */
import { spawn, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ADDONS = ['libsql', '@node-rs/argon2', 'classic-level', 'sharp'];
const LIMIT_MS = 180_000;
const END_MS = 30_000;
const OF_BUSY_MACHINE = /stood still|not ready yet|not started yet|Debugger|For help/;
const APP = fileURLToPath(new URL('app.cjs', import.meta.url));
const { values: options } = parseArgs({
  options: {
    nodes: { type: 'string', default: process.versions.node.split('.')[0] },
    only: { type: 'string', default: '' },
    folder: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const things = createRequire(import.meta.url)('./things.cjs');
const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'forked-nodes-'));
const running = new Set();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(name, () => finish(1));

const rows = [];
try {
  const names = Object.keys(things).filter((name) => new RegExp(options.only).test(name));
  if (names.some((name) => name.startsWith('addon:'))) install(ADDONS, join(folder, 'addons'));
  for (const major of options.nodes.split(',')) {
    const node = nodeOf(major);
    for (const name of names) {
      if (Number(major) < (things[name].since ?? 0)) continue;
      const row = { node: major, name, ...(await trial(node, name)) };
      rows.push(row);
      process.stderr.write(
        `Node ${major}, ${name}: ${row.wrong ?? 'works'} (${row.seconds} s) ${row.said ?? ''}\n`,
      );
    }
  }
} catch (error) {
  process.stderr.write(`${error.stack}\n`);
  finish(1);
}
if (options.json) process.stdout.write(`${JSON.stringify(rows)}\n`);
const failed = rows.filter(({ wrong }) => wrong !== undefined).length;
process.stderr.write(`${rows.length} trials, ${failed} failed\n`);
finish(failed === 0 ? 0 : 1);

function nodeOf(major) {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
  const at = join(folder, `node-${major}`);
  const name = `node-${process.platform}-${process.arch}`;
  install([`${name}@${major}`], at);
  return join(at, 'node_modules', name, 'bin/node');
}

function install(packages, at) {
  if (existsSync(join(at, 'node_modules'))) return;
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, 'package.json'), '{ "private": true }');
  const args = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', ...packages];
  execFileSync('npm', args, { cwd: at, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** One thing in one engine: two workers, unless it says otherwise, each reports once. */
async function trial(node, name) {
  const startedAt = performance.now();
  const env = { ...process.env, FORKED_THING: name, NODE_PATH: join(folder, 'addons/node_modules') };
  delete env.NODE_OPTIONS;
  const child = spawn(node, ['--no-warnings', APP], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  const exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)));
  const seen = { reports: [], told: [], stderr: '' };
  child.stderr.on('data', (chunk) => (seen.stderr += chunk));
  const { workers = 2 } = things[name];
  const reported = new Promise((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      note(seen, line);
      if (seen.reports.length >= workers || seen.told.some(({ level }) => level === 'error')) resolve();
    });
  });
  await Promise.race([reported, exited, sleep(LIMIT_MS, undefined, { ref: false })]);
  child.kill('SIGTERM');
  const status = await Promise.race([exited, sleep(END_MS, 'no end', { ref: false })]);
  if (status === 'no end') child.kill('SIGKILL');
  running.delete(child);
  const said = seen.reports.map((report) => shown(report)).join(' ');
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  return { seconds, wrong: whatIsWrong(seen, workers, status), said };
}

function note(seen, line) {
  try {
    const record = JSON.parse(line);
    if (record.trial) seen.reports.push(record.trial);
    else if ((record.level === 'warn' || record.level === 'error') && !OF_BUSY_MACHINE.test(record.message))
      seen.told.push(record);
  } catch {
    seen.stderr += `${line}\n`;
  }
}

function whatIsWrong({ reports, told, stderr }, workers, status) {
  const problems = told.map(({ message, reason, error }) =>
    [message, reason, error].filter(Boolean).join(': '),
  );
  const bad = reports.find(({ ok }) => !ok);
  if (bad) return bad.said;
  if (reports.length < workers)
    return [`${reports.length} of ${workers} workers have reported`, ...problems, stderr.slice(-2000)].join(
      '\n  ',
    );
  if (reports.some(({ isForked }) => !isForked)) return ['was not forked', ...problems].join('\n  ');
  const drawn = reports.flatMap(({ said }) => said?.drawn ?? []);
  if (new Set(drawn).size < drawn.length)
    return `${drawn.length - new Set(drawn).size} of ${drawn.length} drawn values are there twice`;
  if (status !== 0) return [`ended with ${status}`, ...problems].join('\n  ');
  return problems.length > 0 ? problems.join('\n  ') : undefined;
}

function shown({ said }) {
  const { drawn, ...rest } = Object(said);
  if (drawn) rest.drawn = drawn.length;
  return JSON.stringify(rest);
}

function finish(status) {
  for (const child of running) child.kill('SIGKILL');
  if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
  process.exit(status);
}
