/**
 * Thousands of forks of one template, whose resources must stay as they are: nothing runs in it but a loop of C.
 * Each worker ends as soon as it is there, so this takes a few minutes. `npm run soak -- --start fork` has workers that live.
 *
 *   npm run soak:forks -- [--forks N] [--samples N]
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { holdingsOf, isAlive, mappingsOf } from '../lib/proc.mjs';
import { growths, toTable } from '../soak/verdict.mjs';

const SILENT_MS = 120_000;
const POLL_MS = 20;
const LOOKS = 100;
const { values: options } = parseArgs({
  options: { forks: { type: 'string', default: '10000' }, samples: { type: 'string', default: '10' } },
});
const [forks, count] = [options.forks, options.samples].map(Number);

const folder = mkdtempSync(join(tmpdir(), 'forks-'));
const app = fileURLToPath(new URL('forks-app.cjs', import.meta.url));
const env = { ...process.env, FORKS_FOLDER: folder };
const engine = spawn(process.execPath, [app], { env, stdio: ['ignore', 'ignore', 'inherit'] });
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(name, () => end(1));

const startedAt = performance.now();
await reach(1);
const samples = [await sample()];
for (let number = 1; number <= count; number += 1) {
  await reach((forks * number) / count);
  samples.push(await sample());
}
const grown = growths(samples);
const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
process.stdout.write(`${toTable(samples)}\n\n`);
process.stdout.write(`${minutes} minutes. ${grown.length === 0 ? 'Flat.' : `Grows: ${grown.join('; ')}.`}\n`);
end(grown.length === 0 ? 0 : 1);

/** Resolves when so many workers were forked. */
async function reach(wanted) {
  let [last, lastAt] = [forked(), performance.now()];
  while (last < wanted) {
    await sleep(POLL_MS);
    const now = forked();
    if (now > last) [last, lastAt] = [now, performance.now()];
    if (performance.now() - lastAt > SILENT_MS || engine.exitCode !== null) {
      process.stderr.write(`no worker was forked after ${last}\n`);
      end(1);
    }
  }
}

/** Each adds one byte. */
function forked() {
  return existsSync(join(folder, 'forked')) ? statSync(join(folder, 'forked')).size : 0;
}

async function sample() {
  const template = Number(readFileSync(join(folder, 'template'), 'utf8'));
  if (!isAlive(template)) {
    process.stderr.write('the template is gone\n');
    end(1);
  }
  const roles = await leastHoldings({ server: engine.pid, template });
  process.stderr.write(`${forked()} forks\n`);
  return {
    restarts: forked(),
    reloads: 0,
    roles: {
      server: { ...roles.server, heapMb: 0 },
      template: { ...roles.template, mappings: mappingsOf(template) },
    },
  };
}

/** Of many looks, the one with the fewest descriptors: while a worker is forked both have its descriptors, too. */
async function leastHoldings(pids) {
  const least = {};
  for (let look = 0; look < LOOKS; look += 1) {
    for (const [role, pid] of Object.entries(pids)) {
      const found = holdingsOf(pid);
      if (least[role] === undefined || found.descriptors < least[role].descriptors) least[role] = found;
    }
    await sleep(POLL_MS);
  }
  return least;
}

function end(status) {
  engine.kill('SIGKILL');
  // Its processes may write there until they end.
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  process.exit(status);
}
