// The app of the proof as processes: started, inspected, killed, ended by pid.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const APP = fileURLToPath(new URL('app.cjs', import.meta.url));
/** Far more than a busy machine needs. */
const END_MS = 60_000;

const running = new Set();

export async function endTrees() {
  await Promise.all([...running].map((tree) => tree.end()));
}

export class Tree {
  errors = '';
  #env;
  #child;
  #seen = new Set();

  constructor(config, { lines, progress, write }) {
    this.#env = {
      ...process.env,
      PROOF_CONFIG: JSON.stringify(config),
      PROOF_LINES: String(lines),
      PROOF_PROGRESS: progress,
      PROOF_WRITE: write,
    };
    running.add(this);
    this.#start();
  }

  get hasEnded() {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #start() {
    this.#child = spawn(process.execPath, [APP], { env: this.#env, stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child.stderr.on('data', (chunk) => (this.errors += chunk));
  }

  children() {
    return nodesOf(childrenOf(this.#child.pid));
  }

  kill(pid) {
    signal(pid, 'SIGKILL');
  }

  async killTopAndStartAgain() {
    this.#note();
    const gone = once(this.#child, 'exit');
    this.kill(this.#child.pid);
    await gone;
    this.#start();
  }

  async end() {
    running.delete(this);
    this.#note();
    if (!this.hasEnded) {
      const gone = once(this.#child, 'exit');
      signal(this.#child.pid, 'SIGTERM');
      await Promise.race([gone, sleep(END_MS, undefined, { ref: false })]);
      if (!this.hasEnded) {
        // Lines that it had not written by then are not lost by the log.
        this.errors += `had not ended ${END_MS} ms after SIGTERM, and was killed\n`;
        signal(this.#child.pid, 'SIGKILL');
      }
      await gone;
    }
    for (const pid of this.#seen) if (isOurs(pid)) signal(pid, 'SIGKILL');
  }

  #note() {
    for (const pid of descendantsOf(this.#child.pid)) this.#seen.add(pid);
  }
}

function isOurs(pid) {
  return commandOf(pid).includes(APP);
}

function nodesOf(pids) {
  return pids.filter((pid) => commandOf(pid).includes(APP));
}

function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

function childrenOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function descendantsOf(pid) {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
}

function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone already.
  }
}
