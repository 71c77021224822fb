// The engine under chaos as processes: started, inspected through /proc, asked, signalled, ended by pid.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { environmentOf, isAlive, membersOf, statOf } from '../lib/proc.mjs';
import { Folder } from './folder.mjs';

const APP = fileURLToPath(new URL('app.cjs', import.meta.url));
const MARK = 'CHAOS_MARK';
const ROLE = 'SERVERENGINE_INTERNAL_ROLE';
// A small heap. Workers inherit these arguments.
const NODE_ARGS = ['--max-old-space-size=128', '--expose-gc'];
const NO_ANSWER_MS = 60_000;
const POLL_MS = 20;
const TURNS_A_SIGNAL = 25;
const KILL_TIMES = 40;

const running = new Set();

/** For an interrupted run of chaos. */
export function endEngines() {
  for (const engine of running) engine.remove();
}

export class Engine {
  folder;
  /** The end of its output on stderr. */
  stderr = '';
  /** The status or signal of the process that was started last. */
  exited;
  #mark = randomUUID();
  #asked = 0;

  constructor(shape) {
    this.folder = new Folder(shape);
  }

  static async start(shape, config) {
    const engine = new Engine(shape);
    running.add(engine);
    await engine.folder.prepare(config);
    engine.startProcess();
    return engine;
  }

  /** Also starts it again after the previous one has ended. */
  startProcess() {
    const { root, shape } = this.folder;
    const env = { ...process.env, [MARK]: this.#mark, CHAOS_FOLDER: root };
    env.CHAOS_GROUPS = JSON.stringify(shape.groups.map(({ name, type }) => ({ name, type })));
    env.SERVERENGINE_SOCKETMANAGER_SOCK_DIR = this.folder.path('sockets');
    if (shape.uses?.length > 0) env.CHAOS_USES = JSON.stringify(shape.uses);
    env.TMPDIR = this.folder.path('tmp');
    delete env.NODE_OPTIONS;
    delete env.NODE_CHANNEL_FD;
    const child = spawn(process.execPath, [...NODE_ARGS, APP], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.on('data', (chunk) => (this.stderr = (this.stderr + chunk).slice(-20_000)));
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
  }

  /** The main process according to its pid file, or undefined. */
  get mainPid() {
    const pid = this.folder.pidInFile;
    return pid > 0 && isAlive(pid) && environmentOf(pid)[MARK] === this.#mark ? pid : undefined;
  }

  /** Every live process of the engine. */
  members() {
    return this.#marked().filter(({ role }) => role !== 'use');
  }

  /** Also those that the program has started for itself. */
  #marked() {
    const main = this.mainPid;
    return membersOf(-1, `${MARK}=${this.#mark}`).map((pid) => ({
      pid,
      isStopped: statOf(pid).state === 'T',
      role: pid === main ? 'main' : this.#roleOf(pid),
    }));
  }

  /** A forked worker has the environment of what it was forked from. */
  #roleOf(pid) {
    const role = roleOf(environmentOf(pid));
    return role === 'template' && !this.folder.isTemplate(pid) ? 'worker' : role;
  }

  /** Those that live. Costs far less than members(), so that a template can be harmed at a chosen moment. */
  templates() {
    return this.folder.templates().filter((pid) => isAlive(pid) && environmentOf(pid)[MARK] === this.#mark);
  }

  pidsOf(role) {
    const found = this.members().filter((member) => member.role === role);
    return found.map(({ pid }) => pid).sort((left, right) => left - right);
  }

  /** A process that is gone is no error. */
  signal(pid, name) {
    try {
      process.kill(pid, name);
    } catch {
      // It is gone already.
    }
  }

  tellMain(name) {
    const main = this.mainPid;
    if (main !== undefined) this.signal(main, name);
  }

  /** Calls a method of the engine in its main process. Undefined without an answer. */
  async ask(call, args = [], limitMs = NO_ANSWER_MS) {
    this.#asked += 1;
    const name = `${this.#asked}-${call}`;
    this.folder.putAsk(name, { call, args });
    const deadline = performance.now() + limitMs;
    for (let turn = 0; performance.now() < deadline; turn += 1) {
      // Repeated, because the main process may have been missing or replaced.
      if (turn % TURNS_A_SIGNAL === 0) this.tellMain('SIGWINCH');
      const answer = this.folder.takeAnswer(name);
      if (answer !== undefined) return answer;
      await sleep(POLL_MS);
    }
    this.folder.dropAsk(name);
    return undefined;
  }

  /** The heap that this process, main process or server, still uses after a collection. */
  async heapMb(pid) {
    this.folder.measure(true);
    const deadline = performance.now() + NO_ANSWER_MS;
    let bytes;
    while (bytes === undefined && performance.now() < deadline) {
      this.signal(pid, 'SIGWINCH');
      await sleep(10 * POLL_MS);
      bytes = this.folder.takeHeapBytes(pid);
    }
    this.folder.measure(false);
    return (bytes ?? Number.NaN) / 2 ** 20;
  }

  resumeAll() {
    for (const { pid, isStopped } of this.#marked()) if (isStopped) this.signal(pid, 'SIGCONT');
  }

  /** Kills everything that is left. At once, for an interrupted run of chaos. */
  remove() {
    running.delete(this);
    for (let time = 0; time < KILL_TIMES; time += 1) {
      const left = this.#marked();
      if (left.length === 0) break;
      for (const { pid } of left) this.signal(pid, 'SIGKILL');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 25);
    }
    this.folder.remove();
  }
}

function roleOf(environment) {
  if (environment.CHAOS_USE !== undefined) return 'use';
  if (environment.CHAOS_PROGRAM !== undefined) return 'worker';
  if (environment.CHAOS_CHILD !== undefined) return 'child';
  const [role] = (environment[ROLE] ?? 'stand-in').split(':');
  return role;
}
