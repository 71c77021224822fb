// One contender as a process tree: started, asked, measured, and ended by pid.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { allAtOnce, askUntil, CLOSELY, GENTLY } from './asking.mjs';
import { assertRunning } from './interruption.mjs';
import { cpuMs, isAlive, membersOf, pssMb } from './proc.mjs';
import { freePort } from './free-port.mjs';

const ANSWER_LIMIT_MS = 20_000;
const END_MS = 10_000;
const KILL_TIMES = 40;
const MARK = 'BENCH_MARK';

const running = new Set();

/** For an interrupted bench. */
export async function endTrees() {
  await Promise.all([...running].map((tree) => tree.end()));
}

export class Tree {
  #contender;
  #child;
  #startedAt;
  #mark = randomUUID();
  #ended;
  /** A folder of its own, removed with the tree. */
  folder = mkdtempSync(join(tmpdir(), 'bench-'));

  /**
   * @param {object} contender as in contenders.mjs
   * @param {number} workers
   * @param {object} env for the app
   */
  static async start(contender, workers, env = {}) {
    const port = await freePort();
    assertRunning();
    const tree = new Tree();
    running.add(tree);
    tree.#contender = contender;
    tree.port = port;
    const { command, args, env: own = {} } = contender.command({ ...tree, workers });
    tree.env = { ...process.env, ...own, ...env, [MARK]: tree.#mark };
    tree.env.BENCH_PORT = String(tree.port);
    tree.env.BENCH_WORKERS = String(workers);
    tree.env.BENCH_RECORD = join(tree.folder, 'record');
    tree.env.BENCH_LISTENING = join(tree.folder, 'listening');
    tree.#startedAt = performance.now();
    // A session of its own identifies its processes, whatever title they set.
    tree.#child = spawn(command, args, { env: tree.env, stdio: 'ignore', detached: true });
    tree.#child.on('error', () => {});
    return tree;
  }

  /** The main process. For a daemon it is not the started one. */
  get pid() {
    return this.#contender.daemonPid?.(this) ?? this.#child.pid;
  }

  /** The command of a daemon ends with 0. */
  #assertAlive() {
    const { spawnfile, exitCode, signalCode } = this.#child;
    if ((signalCode ?? exitCode ?? 0) !== 0)
      throw new Error(`${spawnfile} ended with ${signalCode ?? exitCode}`);
  }

  /** Time since it was started. */
  get ageMs() {
    return performance.now() - this.#startedAt;
  }

  /** Asks until that many workers have answered. Resolves with the time since the start, and the answers. */
  async untilAnswered(workers) {
    const answers = new Map();
    const isAll = ({ pid, listeningMs }) => answers.set(pid, listeningMs).size === workers;
    await askUntil(this.port, allAtOnce(workers), ANSWER_LIMIT_MS, `all ${workers} answered`, isAll, () =>
      this.#assertAlive(),
    );
    return { ms: this.ageMs, answers };
  }

  /**
   * Kills a worker and asks until a new one answers. Resolves with the time for that, and with
   * the time until it listened, because the kernel chooses which listener gets a connection.
   */
  async untilHealed(known, limitMs, way = CLOSELY) {
    const [victim] = known;
    const killedAt = performance.now();
    process.kill(victim, 'SIGKILL');
    await askUntil(this.port, way, limitMs, 'healed', ({ pid }) => !known.has(pid));
    return { ms: performance.now() - killedAt, listeningMs: this.#lastListening(known, killedAt) };
  }

  /** The time from the start until the last of its workers listened. */
  get listeningMs() {
    return this.#lastListening(new Set(), this.#startedAt);
  }

  #lastListening(known, since) {
    const times = [...this.#listening()].filter(([pid]) => !known.has(pid)).map(([, at]) => at);
    return times.length === 0 ? undefined : Math.max(...times) - performance.timeOrigin - since;
  }

  /** When each worker began to listen, by pid. */
  #listening() {
    return new Map(linesOf(this.env.BENCH_LISTENING).map((line) => line.split(' ').map(Number)));
  }

  /**
   * Waits until all old workers are gone and as many new ones have answered or listen. A worker without requests
   * counts too.
   */
  async untilReplaced(old, limitMs) {
    const answered = new Set();
    await askUntil(this.port, GENTLY, limitMs, `all ${old.size} replaced`, ({ pid }) => {
      answered.add(pid);
      if ([...old].some(isAlive)) return false;
      const fresh = [...new Set([...answered, ...this.#listening().keys()])].filter((one) => !old.has(one));
      return fresh.length >= old.size;
    });
  }

  /** Waits until that many workers have begun to listen. */
  async untilListening(workers, limitMs) {
    await this.untilRecorded(workers, limitMs, this.env.BENCH_LISTENING);
  }

  /** The lines that its processes have written into the record, once there are enough. */
  async untilRecorded(lines, limitMs, file = this.env.BENCH_RECORD) {
    const deadline = performance.now() + limitMs;
    for (;;) {
      const recorded = linesOf(file);
      if (recorded.length >= lines) return recorded;
      if (performance.now() > deadline) {
        throw new Error(`${recorded.length} of ${lines} workers within ${limitMs / 1000} s`);
      }
      await sleep(5);
    }
  }

  signal(name) {
    process.kill(this.pid, name);
  }

  pids() {
    return membersOf(this.#child.pid, `${MARK}=${this.#mark}`);
  }

  pssMb(pids = this.pids()) {
    return pids.reduce((sum, pid) => sum + pssMb(pid), 0);
  }

  /** The share of one core that these processes use during the window, in percent. */
  async cpuPercent(windowMs, pids = this.pids()) {
    const startedAt = performance.now();
    const used = () => pids.reduce((sum, pid) => sum + cpuMs(pid), 0);
    const before = used();
    await sleep(windowMs);
    return (100 * (used() - before)) / (performance.now() - startedAt);
  }

  /** Stops it gracefully, then by force. */
  end() {
    return (this.#ended ??= this.#end());
  }

  async #end() {
    const { pid } = this;
    if (pid !== undefined && this.pids().includes(pid)) process.kill(pid, 'SIGTERM');
    const deadline = performance.now() + END_MS;
    while (this.pids().length > 0 && performance.now() < deadline) await sleep(50);
    await this.#kill();
    rmSync(this.folder, { recursive: true, force: true });
    running.delete(this);
  }

  /** Repeated while there are processes: one may just have started another. */
  async #kill() {
    for (let time = 0; time < KILL_TIMES; time += 1) {
      const left = this.pids();
      if (left.length === 0) return;
      for (const pid of left) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It is gone already.
        }
      }
      await sleep(50);
    }
  }
}

function linesOf(file) {
  try {
    return readFileSync(file, 'latin1').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}
