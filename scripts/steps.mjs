/**
 * Runs the steps of `npm test` or `npm run check` in parallel lanes: tests mostly wait, so checks cost little time
 * beside them. A failed step stops only the steps that need it. The output of a failed check is printed at once, and
 * again at the end.
 *
 *   node scripts/steps.mjs test [arguments of jest]
 *   node scripts/steps.mjs check
 */
import { spawn } from 'node:child_process';
import { pathToFileURL } from 'node:url';

// The linter checks the types of all files. check:types checks the types of the package again, with the compiler of the
// build, and also the code in the documents, the hover texts of editors, and the API report.
const CHECKS = ['check:format', 'check:lint', 'check:types', 'check:floors', 'check:unused', 'check:docs'];
const LANES = {
  // The steps that tests wait for come first. The build does not check types: two of the checks do.
  test: [
    ['build:clean', 'build:code', 'build:fixtures', 'test:jest'],
    ['build:types', ...CHECKS],
  ],
  check: [CHECKS],
};
const NEEDS = {
  'build:code': ['build:clean'],
  'build:types': ['build:clean'],
  'test:jest': ['build:code', 'build:fixtures', 'build:types'],
};
/** It prints its own progress. */
const LIVE = 'test:jest';

const running = new Set();
let isInterrupted = false;

/** Runs the steps of each lane in order, and resolves with the result of each step. */
export async function runLanes(lanes, needs, run) {
  const steps = lanes.flat();
  const settle = {};
  const ended = Object.fromEntries(
    steps.map((step) => [step, new Promise((resolve) => (settle[step] = resolve))]),
  );
  const lane = async (own) => {
    for (const step of own) {
      const needed = await Promise.all((needs[step] ?? []).map((other) => ended[other]));
      const isHopeless = needed.some((result) => result && result.state !== 'passed');
      settle[step](isHopeless ? { step, state: 'skipped', seconds: 0, output: '' } : await run(step));
    }
  };
  await Promise.all(lanes.map(lane));
  return Promise.all(steps.map((step) => ended[step]));
}

async function npmRun(step, args) {
  if (isInterrupted) return { step, state: 'skipped', seconds: 0, output: '' };
  const startedAt = performance.now();
  const stdio = step === LIVE ? 'inherit' : ['ignore', 'pipe', 'pipe'];
  const extra = step === LIVE && args.length > 0 ? ['--', ...args] : [];
  const child = spawn('npm', ['run', '--silent', step, ...extra], {
    stdio,
    shell: process.platform === 'win32',
  });
  running.add(child);
  const chunks = [];
  child.stdout?.on('data', (chunk) => chunks.push(chunk));
  child.stderr?.on('data', (chunk) => chunks.push(chunk));
  return new Promise((resolve) => {
    const finish = (why) => {
      running.delete(child);
      const seconds = Math.round((performance.now() - startedAt) / 1000);
      const output = Buffer.concat(chunks).toString();
      const result = { step, state: why === '' ? 'passed' : 'failed', seconds, output: output + why };
      if (result.state === 'failed') show(result);
      resolve(result);
    };
    child.once('error', (error) => finish(String(error)));
    child.once('close', (code, signal) =>
      finish(code === 0 ? '' : `${step} ended with ${signal ?? `status ${String(code)}`}\n`),
    );
  });
}

function show({ step, output }) {
  process.stderr.write(`\n──── ${step} failed ────\n${output}\n`);
}

async function main([name, ...args]) {
  const lanes = LANES[name];
  if (!lanes) throw new Error(`unknown steps ${String(name)}: ${Object.keys(LANES).join(' or ')}`);
  process.once('SIGTERM', () => {
    isInterrupted = true;
    for (const child of running) child.kill('SIGTERM');
  });
  const results = await runLanes(lanes, NEEDS, (step) => npmRun(step, args));
  const failed = results.filter(({ state }) => state !== 'passed');
  for (const result of failed) if (result.step !== LIVE && result.output !== '') show(result);
  const summary = results.map(({ step, state, seconds }) =>
    state === 'passed' ? `${step} ${String(seconds)} s` : `${step} ${state.toUpperCase()}`,
  );
  process.stderr.write(`\n${summary.join(', ')}\n`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main(process.argv.slice(2));
