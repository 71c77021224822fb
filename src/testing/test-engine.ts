import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serialize } from 'node:v8';
import type { ReloadResult, RestartResult, ScaleResult } from '../contract/results';
import type { EngineStatus } from '../contract/status';
import { agentScript, CONFIG_FILE } from './engine-agent';
import { EngineBreaker } from './engine-breaker';
import { EngineContact } from './engine-contact';
import { whyNotReady, type WorkerTarget } from './engine-faults';
import { EngineLog, type EngineRecord } from './engine-log';
import { EngineProgram, type EngineEnd } from './engine-program';
import { loaderFlags } from './loader-flags';
import { until } from './until';

/** Options of startTestEngine. */
export interface TestEngineOptions {
  /** The script that creates and runs the engine: your main script, or one of the test. Its own configuration does not count. */
  readonly entry: string | URL;
  /** Arguments of node, such as `['--import', 'tsx']`. Default: the loaders with which the test itself was started. */
  readonly execArgv?: readonly string[];
  /** Arguments of the script. Default: none. */
  readonly args?: readonly string[];
  /** Added to the environment of the test, without its `SERVERENGINE_` variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where the script is started. Default: the working directory of the test. */
  readonly cwd?: string;
  /** How long start and each `until…` wait before they fail, in milliseconds. Default 30,000. */
  readonly timeoutMs?: number;
}

/** Short enough for a test. The config of the test overrides it. */
const QUICK = {
  workerHeartbeatInterval: '100ms',
  workerHeartbeatTimeout: '5s',
  workerHeartbeatKillDelay: '1s',
  workerGracefulKillTimeout: '5s',
  workerImmediateKillTimeout: '2s',
};

const STATUS_MS = 5000;
const CLOSE_MS = 3000;
const MOST_LINES = 20;

/** A real engine that a test may break. Made by startTestEngine. */
export class TestEngine {
  /** Contains the log and the sockets of the engine. Removed by close(). */
  readonly folder: string;
  readonly #program: EngineProgram;
  readonly #contact: EngineContact;
  readonly #log: EngineLog;
  readonly #timeoutMs: number;
  readonly #breaker: EngineBreaker;
  #closing: Promise<void> | undefined;

  /** For startTestEngine. */
  constructor(config: object | undefined, options: TestEngineOptions) {
    const { entry, execArgv = loaderFlags(process.execArgv), args = [], env = {}, cwd } = options;
    // Without links: the engine names its files so.
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), 'test-engine-')));
    this.#timeoutMs = options.timeoutMs ?? 30_000;
    this.#contact = new EngineContact(this.#path('control.sock'));
    this.#log = new EngineLog(this.#path('engine.log'));
    this.#breaker = new EngineBreaker({
      status: () => this.status(),
      glance: () => this.#contact.status(STATUS_MS),
      until: (what, look) => this.#until(what, look),
      path: (name) => this.#path(name),
      log: this.#log,
      pid: () => this.pid,
    });
    this.#setConfig(config ?? {});
    const agent = this.#path('agent.cjs');
    writeFileSync(agent, agentScript(this.folder));
    const script = entry instanceof URL ? fileURLToPath(entry) : resolve(entry);
    this.#program = new EngineProgram({
      args: ['--require', agent, ...execArgv, script, ...args],
      env,
      cwd,
      output: this.#path('output'),
    });
  }

  /** The pid of the main process. */
  get pid(): number {
    return this.#program.pid ?? 0;
  }

  /** What the engine and its workers have logged, oldest first. While fillDisk() is in force, nothing is added. */
  get log(): readonly EngineRecord[] {
    return this.#log.read();
  }

  /** Resolves with how the main process has ended. */
  get exited(): Promise<EngineEnd> {
    return this.#program.exited;
  }

  /** The state of the engine. @throws Error (as a rejection) if it does not answer in time. */
  status(): Promise<EngineStatus> {
    return this.#until('the engine answers', () => this.#contact.status(STATUS_MS));
  }

  /** Resolves with the status when every worker is ready. */
  async untilReady(): Promise<EngineStatus> {
    let why: string | undefined;
    return this.#until(
      'every worker is ready',
      async () => {
        const status = await this.#contact.status(STATUS_MS);
        why = status ? whyNotReady(status) : 'the engine does not answer';
        return why === undefined ? status : undefined;
      },
      () => why,
    );
  }

  /**
   * Resolves with the status when nothing is broken any more: each worker that was killed, frozen or blocked is replaced or goes
   * on, the disk has room, and every worker is ready.
   */
  async untilHealed(): Promise<EngineStatus> {
    let why: string | undefined;
    const healed = await this.#until(
      'everything has healed',
      async () => {
        const status = await this.#contact.status(STATUS_MS);
        why = status ? this.#whyNotHealed(status) : 'the engine does not answer';
        return why === undefined ? status : undefined;
      },
      () => why,
    );
    this.#breaker.forget();
    return healed;
  }

  /** Resolves with the first record whose message has that text, or matches. */
  untilLogged(message: string | RegExp): Promise<EngineRecord> {
    const isIt = (text: string): boolean =>
      typeof message === 'string'
        ? text.includes(message)
        : new RegExp(message, message.flags.replace(/[gy]/g, '')).test(text);
    return this.#until(`the log has ${String(message)}`, () =>
      this.log.find((record) => isIt(record.message)),
    );
  }

  /**
   * Kills a process or spawn worker with a signal. Resolves when that process is gone; for a signal other than SIGKILL,
   * at once.
   */
  kill(worker: WorkerTarget, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    return this.#breaker.kill(worker, signal);
  }

  /** Stops a process or spawn worker with SIGSTOP: it stands still, as under a debugger, until it is replaced or thaw() is called. */
  freeze(worker: WorkerTarget): Promise<void> {
    return this.#breaker.freeze(worker);
  }

  /** Lets a frozen worker go on. */
  thaw(worker: WorkerTarget): Promise<void> {
    return this.#breaker.thaw(worker);
  }

  /**
   * Blocks the event loop of a process worker, as an endless loop does. Resolves when it is blocked.
   * @param forMs after that it goes on. Default: until it is replaced or unblock() is called.
   */
  block(worker: WorkerTarget, forMs?: number): Promise<void> {
    return this.#breaker.block(worker, forMs);
  }

  /** Lets a blocked worker go on. */
  unblock(worker: WorkerTarget): Promise<void> {
    return this.#breaker.unblock(worker);
  }

  /** Kills a process or spawn worker each time it has started again. Resolves when that has happened this many times. */
  crashLoop(worker: WorkerTarget, times = 3): Promise<void> {
    return this.#breaker.crashLoop(worker, times);
  }

  /**
   * Lets every write to the log fail with ENOSPC, as on a full disk: the log leads to /dev/full. Resolves when the engine has
   * noticed, within a second or two. Other files are not affected. Linux only.
   */
  fillDisk(): Promise<void> {
    return this.#breaker.fillDisk();
  }

  /** Makes room again. Resolves when the engine has a log file again. */
  freeDisk(): Promise<void> {
    return this.#breaker.freeDisk();
  }

  /** Replaces every worker, as `engine.restart()`. */
  restart(graceful = true, group?: string): Promise<RestartResult> {
    return this.#contact.submit({ kind: 'restart', graceful, group }, this.#timeoutMs);
  }

  /** Reads the configuration again. @param config the new one, as that of startTestEngine; default: the same. */
  reload(config?: object): Promise<ReloadResult> {
    if (config) this.#setConfig(config);
    return this.#contact.submit({ kind: 'reload' }, this.#timeoutMs);
  }

  /** Sets the number of workers, as `engine.scale()`. */
  scale(workers: number, group?: string): Promise<ScaleResult> {
    return this.#contact.submit({ kind: 'scale', to: workers, group }, this.#timeoutMs);
  }

  /** Stops the engine with SIGTERM, or at once with SIGQUIT, and resolves with how it has ended. */
  stop(graceful = true): Promise<EngineEnd> {
    this.#program.signal(graceful ? 'SIGTERM' : 'SIGQUIT');
    return this.#ended('the engine has ended', this.#timeoutMs);
  }

  /** Ends everything that belongs to the engine, whatever state it is in, and removes its folder. May be called again. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** For `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** For startTestEngine. */
  async untilRunning(groups: readonly string[]): Promise<void> {
    const status = await this.#until('the engine runs', async () => {
      const answer = await this.#contact.status(STATUS_MS);
      return answer && answer.groups.length > 0 ? answer : undefined;
    });
    const names = status.groups.map(({ name }) => name);
    if (names.join() === groups.join()) return;
    throw new Error(
      `the entry script must run the engine of the test first: its groups are ${names.join(', ')}, those of the test ${groups.join(', ')}.`,
    );
  }

  async #close(): Promise<void> {
    const isWell = this.#breaker.isWell && !this.#program.end;
    // Only a healthy engine can end in order.
    if (isWell) await this.stop(false).catch(() => {});
    this.#contact.close();
    await this.#until(
      'nothing of the engine is left',
      () => {
        this.#program.killAll();
        return (this.#program.end && this.#program.livePids().length === 0) || undefined;
      },
      () => `${this.#program.livePids().join(', ')} are left`,
      false,
    );
    rmSync(this.folder, { recursive: true, force: true });
  }

  #whyNotHealed(status: EngineStatus): string | undefined {
    return this.#breaker.whyNotHealed(status) ?? whyNotReady(status);
  }

  async #ended(what: string, timeoutMs: number): Promise<EngineEnd> {
    const noLongerThan = Math.min(timeoutMs, this.#closing ? CLOSE_MS : Infinity);
    return this.#until(what, () => this.#program.end, undefined, false, noLongerThan);
  }

  #until<T>(
    what: string,
    look: () => T | undefined | Promise<T | undefined>,
    why: () => string | undefined = () => undefined,
    mustRun = true,
    timeoutMs = this.#timeoutMs,
  ): Promise<T> {
    return until({
      what,
      look,
      timeoutMs,
      whyHopeless: () => {
        const { end } = this.#program;
        return mustRun && end ? `the engine has ended with ${end.signal ?? `status ${end.code}`}` : undefined;
      },
      explain: () => this.#explain(why()),
      onNews: (callback) => this.#contact.onNews(callback),
    });
  }

  #explain(why: string | undefined): string {
    const lines = [
      ...this.log.map(({ level, role, worker, message, fields }) =>
        [
          `[${level}]`,
          worker === undefined ? role : `worker ${worker}`,
          message,
          JSON.stringify(fields),
        ].join(' '),
      ),
      ...this.#program.output.split('\n').filter((line) => line !== ''),
    ].slice(-MOST_LINES);
    return `${why === undefined ? '' : ` At last ${why}.`}\nThe last lines of the engine:\n${lines.join('\n')}`;
  }

  #setConfig(config: object): void {
    const own = {
      log: this.#path('engine.log'),
      logFormat: 'json',
      controlSocket: this.#path('control.sock'),
    };
    writeFileSync(this.#path(CONFIG_FILE), serialize({ ...QUICK, ...config, ...own, daemonize: false }));
  }

  #path(name: string): string {
    return join(this.folder, name);
  }
}
