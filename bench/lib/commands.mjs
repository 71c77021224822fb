// Other programs that the bench runs besides the contenders: tracked, limited in time, ended by pid.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { clearTimeout } from 'node:timers';
import { assertRunning } from './interruption.mjs';

const END_MS = 8000;

const running = new Set();

/** For an interrupted bench. They may need to end processes of their own. */
export async function endCommands() {
  await Promise.all([...running].map(endChild));
}

/** Runs a command to its end. Resolves with its exit code and output. Rejects when it cannot run or takes too long. */
export async function runCommand(command, args, { limitMs, ...options }) {
  assertRunning();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  return withChild(child, limitMs, async () => {
    const [stdout, stderr, [code, signal]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    return { code: code ?? signal, stdout, stderr };
  });
}

/** Ends the child when `use` has settled or the time is over. */
export async function withChild(child, limitMs, use) {
  running.add(child);
  child.once('exit', () => running.delete(child));
  let timer;
  const trouble = new Promise((_resolve, reject) => {
    child.once('error', reject);
    timer = setTimeout(
      () => reject(new Error(`${child.spawnfile} took more than ${limitMs / 1000} s`)),
      limitMs,
    );
  });
  try {
    return await Promise.race([use(child), trouble]);
  } finally {
    clearTimeout(timer);
    await endChild(child);
  }
}

async function endChild(child) {
  running.delete(child);
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
  await gone;
  clearTimeout(timer);
}
