// One contender as a tree of processes: started, asked, measured, and ended by pid.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const DEADLINE_MS = 20_000;
const ASK_EVERY_MS = 4;
const ASK_AT_ONCE = 2;
const MOST_OPEN = 64;
const REQUEST = 'GET / HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n';

const running = new Set();

/** Ends whatever still runs: for an interrupted bench. */
export async function endAll() {
  await Promise.all([...running].map((tree) => tree.end()));
}

export class Tree {
  #child;
  #startedAt;

  /** @param {string} app a file of apps/ */
  static async start(app, workers) {
    const tree = new Tree();
    tree.port = await freePort();
    const script = fileURLToPath(new URL(`apps/${app}`, import.meta.url));
    const env = { ...process.env, BENCH_PORT: String(tree.port), BENCH_WORKERS: String(workers) };
    tree.#startedAt = performance.now();
    tree.#child = spawn(process.execPath, [script], { env, stdio: 'ignore' });
    running.add(tree);
    return tree;
  }

  get pid() {
    return this.#child.pid;
  }

  /** Asks until that many workers have answered. Resolves with how long that took since the start, and the answers. */
  async untilAnswered(workers) {
    const answers = new Map();
    await askUntil(this.port, ({ pid, listeningMs }) => {
      answers.set(pid, listeningMs);
      return answers.size === workers;
    });
    return { ms: performance.now() - this.#startedAt, answers };
  }

  /** Kills a worker and asks until one answers that was not there before. Resolves with how long that took. */
  async untilReplaced(victim, known) {
    const killedAt = performance.now();
    process.kill(victim, 'SIGKILL');
    await askUntil(this.port, ({ pid }) => !known.has(pid));
    return performance.now() - killedAt;
  }

  /** Proportional memory of every process of the tree, in MB. */
  pssMb() {
    return this.pids().reduce((sum, pid) => sum + pssMb(pid), 0);
  }

  /** Processor time that the tree has used so far. */
  cpuMs() {
    return this.pids().reduce((sum, pid) => sum + cpuMs(pid), 0);
  }

  pids() {
    return withDescendants(this.pid);
  }

  async end() {
    running.delete(this);
    const pids = this.pids();
    const gone =
      this.#child.exitCode !== null || this.#child.signalCode !== null || once(this.#child, 'exit');
    signal(this.pid, 'SIGTERM');
    await Promise.race([gone, sleep(5000, undefined, { ref: false })]);
    for (const pid of pids) if (isOurs(pid)) signal(pid, 'SIGKILL');
    await gone;
  }
}

export function pssMb(pid) {
  const match = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
  return Number(match[1]) / 1024;
}

/** In nanoseconds per thread, where utime and stime of /proc/PID/stat come in ticks of 10 ms. */
function cpuMs(pid) {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
  }
  return nanoseconds / 1e6;
}

function withDescendants(pid) {
  let children;
  try {
    children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  } catch {
    return [];
  }
  return [pid, ...children.split(' ').filter(Boolean).map(Number).flatMap(withDescendants)];
}

/** A pid that was freed meanwhile may belong to somebody else by now. */
function isOurs(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('bench/apps/');
  } catch {
    return false;
  }
}

function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone already.
  }
}

/** Asks at a steady pace, whether or not the answers come, until one satisfies. */
async function askUntil(port, isEnough) {
  const deadline = performance.now() + DEADLINE_MS;
  let isDone = false;
  let open = 0;
  while (!isDone) {
    if (performance.now() > deadline) throw new Error(`no answer on port ${port} within ${DEADLINE_MS} ms`);
    for (let count = 0; count < ASK_AT_ONCE && open < MOST_OPEN; count += 1) {
      open += 1;
      void ask(port).then((answer) => {
        open -= 1;
        if (answer && !isDone) isDone = isEnough(answer);
      });
    }
    await sleep(ASK_EVERY_MS);
  }
}

/** Resolves with undefined when there was no answer within a second. */
function ask(port) {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(REQUEST));
    socket.setTimeout(1000, () => socket.destroy());
    socket.on('data', (chunk) => (text += chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      const match = /\r\n(\d+) ([\d.]+)$/.exec(text);
      resolve(match ? { pid: Number(match[1]), listeningMs: Number(match[2]) } : undefined);
    });
  });
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
