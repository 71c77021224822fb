import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Far more than a busy machine needs. */
const DEADLINE_MS = 60_000;
const POLL_MS = 20;
/** Of what an app has written, in the message of a failed wait: some write the same error again and again. */
const MAX_SHOWN = 20_000;
/** Sent at the same time, so that one quick worker does not answer all of them. */
const BURST = 4;

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One of the apps as a child process. */
export class RunningApp {
  readonly #child: ChildProcess;
  readonly #ended: Promise<Ended>;
  #output = '';
  #hasEnded = false;

  constructor(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}) {
    this.#child = spawn(command, args, {
      cwd,
      // Its own process group, so that whatever it starts can be killed too.
      detached: true,
      env: { ...strangersEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    this.#ended = once(this.#child, 'close').then(([status, signal]) => {
      this.#hasEnded = true;
      return { status, signal } as Ended;
    });
  }

  /** Its whole output so far. */
  get output(): string {
    return this.#output;
  }

  /** The port that the app prints. */
  port(): Promise<number> {
    return this.#waitFor('the port in the log', () => {
      const match = /listening port=(\d+)/.exec(this.#output);
      return match ? Number(match[1]) : undefined;
    });
  }

  /** Resolves when `count` matching lines have come. */
  async line(pattern: RegExp, count = 1): Promise<void> {
    const all = new RegExp(pattern, 'g');
    await this.#waitFor(
      `${String(count)} lines like ${String(pattern)}`,
      () => (this.#output.match(all)?.length ?? 0) >= count || undefined,
    );
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** The end of the process, or of a command that has started others. */
  get ended(): Promise<Ended> {
    return this.#ended;
  }

  /** Asks until a worker that is not in `others` answers. Resolves with its pid. */
  answerFrom(port: number, others: readonly number[] = []): Promise<number> {
    return this.#waitFor(`an answer from a worker other than ${others.join(', ') || 'none'}`, async () => {
      const answers = await Promise.all(Array.from({ length: BURST }, () => ask(port)));
      return answers.find((pid) => pid !== undefined && !others.includes(pid));
    });
  }

  stop(): Promise<Ended> {
    this.#child.kill('SIGTERM');
    const late = sleep(DEADLINE_MS, undefined, { ref: false }).then(() =>
      this.#fail('its end after SIGTERM'),
    );
    return Promise.race([this.#ended, late]);
  }

  /** Kills everything, whatever the result of the test. Workers end by themselves when the server is gone. */
  async kill(): Promise<void> {
    if (this.#hasEnded || this.#child.pid === undefined) return;
    process.kill(-this.#child.pid, 'SIGKILL');
    await this.#ended;
  }

  async #waitFor<T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
    const deadline = Date.now() + DEADLINE_MS;
    while (Date.now() < deadline && !this.#hasEnded) {
      const found = await look();
      if (found !== undefined) return found;
      await sleep(POLL_MS);
    }
    return this.#fail(what);
  }

  #fail(what: string): never {
    const state = this.#hasEnded ? 'The app has ended' : 'The app still runs';
    const output = this.#output.slice(-MAX_SHOWN);
    throw new Error(`Waited in vain for ${what}. ${state}. It wrote:\n${output}`);
  }
}

/** The pid in the answer of a worker, or undefined without an answer. */
function ask(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1');
    socket.setTimeout(2000, () => socket.destroy());
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.on('error', () => {});
    socket.on('close', () => {
      const match = /^\d+ (\d+)\n$/.exec(answer);
      resolve(match ? Number(match[1]) : undefined);
    });
  });
}

/** Without the variables of jest and npm. */
export function strangersEnvironment(): NodeJS.ProcessEnv {
  const theirs = /^(JEST_|npm_|NODE_ENV$|NODE_OPTIONS$|SERVERENGINE_)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !theirs.test(name)));
}
