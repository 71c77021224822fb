/**
 * How evenly kept connections spread over 4 workers, opened at once and one by one. Prints a Markdown table.
 *
 *   node bench/proof/evenness.mjs [--rounds N] [--connections N] [--every MS,MS…] [--burst N]
 *
 * --burst: so many of them come at once, before the others.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { HttpConnection } from './http-connection.mjs';
import { freePort } from '../lib/free-port.mjs';

const WORKERS = 4;
/** Pause between rounds: workers report their connections once a second, and those of the last round must be gone. */
const SETTLE_MS = 3000;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    connections: { type: 'string', default: '64' },
    every: { type: 'string', default: '0,5' },
    burst: { type: 'string', default: '0' },
  },
});
const [rounds, connections, burst] = [options.rounds, options.connections, options.burst].map(Number);
const PACES = options.every.split(',').map(Number);

const APP = fileURLToPath(new URL('evenness-app.cjs', import.meta.url));
const [major, minor] = process.versions.node.split('.').map(Number);
const hasReusePort = major > 22 || (major === 22 && minor >= 12);
const WAYS = ['shared', 'shared, acceptBalance', 'node:cluster', ...(hasReusePort ? ['reusePort'] : [])];

const header = ['way', 'connects', 'most at one worker', 'fewest at one worker', 'workers left out'];
process.stdout.write(`Node ${process.versions.node}: ${connections} connections, ${WORKERS} workers, `);
process.stdout.write(
  `${burst} of them at once; ${rounds} rounds, median (least to most); even would be ${connections / WORKERS}.\n\n`,
);
process.stdout.write(`| ${header.join(' | ')} |\n| --- | --- | --: | --: | --: |\n`);
for (const way of WAYS) {
  await withApp(way, async (port) => {
    for (const everyMs of PACES) {
      const title = everyMs === 0 ? 'at once' : `every ${everyMs} ms`;
      const spreads = [];
      for (let round = 0; round < rounds; round += 1) {
        spreads.push(await spread(port, everyMs));
        if (way.includes('acceptBalance')) await sleep(SETTLE_MS);
      }
      const cells = [
        way,
        title,
        show(spreads.map((counts) => Math.max(...counts))),
        show(spreads.map((counts) => Math.min(...counts))),
        show(spreads.map((counts) => counts.filter((count) => count === 0).length)),
      ];
      process.stdout.write(`| ${cells.join(' | ')} |\n`);
    }
  });
}

async function withApp(way, use) {
  const port = await freePort();
  const env = { ...process.env, PROOF_PORT: String(port), PROOF_WAY: way, PROOF_WORKERS: String(WORKERS) };
  const child = spawn(process.execPath, [APP], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    const seen = new Set();
    while (seen.size < WORKERS) {
      for (const pid of await ask(port, 8, 0)) seen.add(pid);
      await sleep(20);
    }
    await use(port);
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
}

/** The number of connections of each worker. */
async function spread(port, everyMs) {
  const counts = new Map();
  for (const pid of await ask(port, connections, everyMs)) counts.set(pid, (counts.get(pid) ?? 0) + 1);
  return Array.from({ length: WORKERS }, (_none, index) => [...counts.values()][index] ?? 0);
}

/** Opens connections and asks once on each. They stay open until all have been answered. */
async function ask(port, count, everyMs) {
  const asked = [];
  for (let index = 0; index < count; index += 1) {
    const connection = new HttpConnection({ port });
    const answer = connection.request({ path: '/' });
    asked.push({ connection, answer });
    if (everyMs > 0 && index >= burst) await sleep(everyMs);
  }
  const answers = await Promise.all(asked.map(({ answer }) => answer.catch(() => undefined)));
  for (const { connection } of asked) connection.close();
  return answers.filter(Boolean).map(({ body }) => body);
}

function show(values) {
  const sorted = [...values].sort((left, right) => left - right);
  return `${sorted[sorted.length >> 1]} (${sorted[0]} to ${sorted.at(-1)})`;
}
