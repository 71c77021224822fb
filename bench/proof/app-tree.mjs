// The app under proof as a process tree: its log, its pids, its end.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('app.cjs', import.meta.url));
const MARK = 'PROOF_MARK';
const LIMIT_MS = 30_000;

const running = new Set();

/** For an interrupted proof. */
export function endTrees() {
  for (const tree of running) tree.kill();
}

export class AppTree {
  #mark = randomUUID();
  #folder = mkdtempSync(join(tmpdir(), 'proof-'));

  static async start(config, workers) {
    const tree = new AppTree();
    running.add(tree);
    await tree.#start({ workers, logLevel: 'debug', signalUpgrade: 'SIGURG', ...config });
    return tree;
  }

  async #start(config) {
    mkdirSync(this.#recordFolder);
    this.workers = config.workers;
    this.setConfig({
      ...config,
      log: this.#path('log'),
      pidPath: this.#path('pid'),
      unixPath: this.#path('unix'),
      record: this.#recordFolder,
    });
    const env = { ...process.env, [MARK]: this.#mark };
    delete env.NODE_OPTIONS;
    // A daemon: its launcher prints on stderr why it cannot start.
    spawn(process.execPath, [SCRIPT, this.#path('config')], { env, stdio: ['ignore', 'ignore', 'inherit'] });
    await this.untilLine(/: worker \d+ is running /, 0, config.workers);
    const number = async (pattern) => Number(pattern.exec(await this.untilLine(pattern, 0))[1]);
    this.targets = {
      web: { port: await number(/ web .*port=(\d+)/) },
      unix: { path: this.#path('unix') },
      lines: { port: await number(/ held .*lines=(\d+)/) },
      datagrams: { port: await number(/ held .*datagrams=(\d+)/) },
      echo: { port: await number(/ echo .*port=(\d+)/) },
    };
  }

  get #recordFolder() {
    return this.#path('record');
  }

  #path(name) {
    return join(this.#folder, name);
  }

  setConfig(config) {
    this.config = { ...this.config, ...config };
    writeFileSync(this.#path('config.new'), JSON.stringify(this.config));
    renameSync(this.#path('config.new'), this.#path('config'));
  }

  /** The main process according to its pid file. */
  get pid() {
    return Number(readFileSync(this.#path('pid'), 'utf8'));
  }

  signal(name) {
    process.kill(this.pid, name);
  }

  lines() {
    try {
      return readFileSync(this.#path('log'), 'utf8').split('\n');
    } catch {
      return [];
    }
  }

  /** Resolves with the last of `count` such lines after the first `since`. */
  async untilLine(pattern, since, count = 1) {
    return this.until(
      () =>
        this.lines()
          .slice(since)
          .filter((line) => pattern.test(line))[count - 1],
      `${count} of ${pattern}`,
    );
  }

  async until(check, what) {
    const deadline = performance.now() + LIMIT_MS;
    for (;;) {
      const value = check();
      if (value !== undefined && value !== false) return value;
      if (performance.now() > deadline) {
        throw new Error(
          `${LIMIT_MS} ms passed before: ${what}; the log:\n${this.lines().slice(-80).join('\n')}`,
        );
      }
      await sleep(20);
    }
  }

  /** The live workers, oldest first. */
  workerPids() {
    return this.#pidsOf(/: worker \d+ started .*\bpid=(\d+)/).filter(isAlive);
  }

  serverPid() {
    return this.#pidsOf(/: server process started pid=(\d+)/).at(-1);
  }

  #pidsOf(pattern) {
    return this.lines().flatMap((line) => {
      const match = pattern.exec(line);
      return match ? [Number(match[1])] : [];
    });
  }

  /** The ids of all requests that workers have begun, and how often. */
  handled() {
    const counts = new Map();
    for (const name of readdirSync(this.#recordFolder)) {
      for (const id of readFileSync(join(this.#recordFolder, name), 'utf8').split('\n')) {
        if (id !== '') counts.set(id, (counts.get(id) ?? 0) + 1);
      }
    }
    return counts;
  }

  /** Stops it gracefully. Resolves with the log. */
  async stop() {
    this.signal('SIGTERM');
    await this.until(() => this.#livePids().length === 0, 'every process of the app is gone');
    const lines = this.lines();
    this.kill();
    return lines;
  }

  /** Kills everything that is left. */
  kill() {
    running.delete(this);
    for (const pid of this.#livePids()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It is gone already.
      }
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #livePids() {
    const mark = `${MARK}=${this.#mark}`;
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => isAlive(pid) && textOf(`/proc/${pid}/environ`).includes(mark));
  }
}

export function isAlive(pid) {
  const stat = textOf(`/proc/${pid}/stat`);
  const state = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[0];
  return state !== '' && state !== 'Z' && state !== 'X';
}

function textOf(path) {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
