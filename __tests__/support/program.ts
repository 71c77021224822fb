import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join, relative } from 'node:path';
import type { RawHandle } from '../../src/common/raw-handle';
import { eventually } from './eventually';
import { WAIT_LIMIT_MS } from './limits';
import { isAlive, markedPids, nameOf, signalPid } from './processes';
import { reapAfterEach } from './reaping';
import { tempDir } from './temp-dir';

const ROOT = join(__dirname, '../..');

/** In the environment of a program and of everything that it started. */
const MARK_ENV = 'TEST_PROGRAM_MARK';

/** What a line must match: a text that it contains, a pattern, or a function. */
export type LineTest = string | RegExp | ((line: string) => boolean);

export interface StartOptions {
  /** Written to a file, which the fixture reads at its start and at each reload. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** How many descriptors each process may have open. */
  readonly descriptors?: number;
  /** The folder of the control group for the program and everything that it starts. */
  readonly controlGroup?: string | undefined;
  /** Listening sockets, by name, that the program gets in the way systemd passes them. */
  readonly passed?: Readonly<Record<string, RawHandle>>;
  /** The folder where it starts. The path may contain links: PWD names it, as in a shell. */
  readonly cwd?: string;
}

export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Starts a program of __tests__/fixtures, or a script by its absolute path. The program and everything it starts end with the test. */
export function start(fixture: string, options: StartOptions = {}): Program {
  return new Program(fixture, options);
}

/** One running fixture, seen from outside: its lines, its processes, its end. */
export class Program {
  /** Resolves when the program has ended and all its output was read. */
  readonly exited: Promise<ProgramEnd>;
  readonly lines: string[] = [];
  readonly #mark = randomUUID();
  readonly #child: ChildProcess;
  readonly #configPath = join(tempDir(), 'config.json');
  readonly #listeners = new Set<() => void>();
  #end: ProgramEnd | undefined;

  constructor(fixture: string, options: StartOptions) {
    const script = isAbsolute(fixture) ? fixture : join(ROOT, '.build/fixtures', `${fixture}.js`);
    if (!existsSync(script)) throw new Error(`${script} is missing. Run: npm run build:fixtures`);
    // Also for a program that changes its user.
    chmodSync(dirname(this.#configPath), 0o755);
    this.setConfig(options.config ?? {});
    const { cwd } = options;
    const [command, ...args] = limited(options, [
      process.execPath,
      // As people type it: the path of the script relative to the folder.
      cwd === undefined ? script : relative(cwd, script),
      this.#configPath,
      ...(options.args ?? []),
    ]);
    this.#child = spawn(command!, args, {
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe', ...passedDescriptors(options)],
      cwd,
      env: {
        ...plainEnvironment(),
        [MARK_ENV]: this.#mark,
        ...(cwd === undefined ? {} : { PWD: cwd }),
        ...(options.passed && {
          LISTEN_FDS: String(Object.keys(options.passed).length),
          LISTEN_FDNAMES: Object.keys(options.passed).join(':'),
        }),
        ...options.env,
      },
    });
    reapAfterEach(() => this.kill());
    this.#collect(this.#child.stdout);
    this.#collect(this.#child.stderr);
    this.exited = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        this.#end = { code, signal };
        resolve(this.#end);
        this.#changed();
      });
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** The log so far, for the message of a failed test. */
  get output(): string {
    return this.lines.join('\n');
  }

  /** The number of lines so far: pass it as `since` to look only at later lines. */
  get now(): number {
    return this.lines.length;
  }

  /** Replaces the configuration file in one step; a reload reads it. */
  setConfig(config: Readonly<Record<string, unknown>> | string): void {
    const text = typeof config === 'string' ? config : JSON.stringify(config);
    writeFileSync(`${this.#configPath}.new`, text);
    renameSync(`${this.#configPath}.new`, this.#configPath);
  }

  /** The configuration as the fixture reads it now. */
  get config(): string {
    return readFileSync(this.#configPath, 'utf8');
  }

  /** Writes to its stdin. */
  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** Writes the last text to its stdin and closes it. */
  endInput(text: string): void {
    this.#child.stdin?.end(text);
  }

  signal(signal: NodeJS.Signals): void {
    signalPid(this.pid, signal);
  }

  /** Sends the signal to the whole group, as a terminal does for Ctrl-C. */
  signalGroup(signal: NodeJS.Signals): void {
    signalPid(-this.pid, signal);
  }

  /** Without the last lines of a worker that a death record quotes. */
  matching(test: LineTest, since = 0): string[] {
    return this.lines
      .slice(since)
      .filter((line) => !line.startsWith('    | '))
      .filter(matcher(test));
  }

  /** The first matching line, as soon as there is one. */
  async waitForLine(test: LineTest, options: { since?: number } = {}): Promise<string> {
    const [line] = await this.waitForLines(1, test, options);
    return line!;
  }

  /** The first `count` matching lines. */
  waitForLines(count: number, test: LineTest, { since = 0 }: { since?: number } = {}): Promise<string[]> {
    return this.waitUntil(
      () => {
        const found = this.matching(test, since);
        return found.length >= count ? found.slice(0, count) : undefined;
      },
      `${String(count)} of ${String(test)}`,
    );
  }

  /** Calls `look` after each line, and resolves with its first result other than undefined. Rejects when the program ends. */
  protected waitUntil<T>(look: () => T | undefined, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const finish = (act: () => void): void => {
        clearTimeout(timer);
        this.#listeners.delete(check);
        act();
      };
      const fail = (why: string): void => {
        finish(() => reject(new Error(`${why} before ${what}; its lines:\n${this.output}`)));
      };
      const check = (): void => {
        const found = look();
        if (found !== undefined) finish(() => resolve(found));
        else if (this.#end) fail(`the program ended (${JSON.stringify(this.#end)})`);
      };
      const timer = setTimeout(() => fail(`${String(WAIT_LIMIT_MS)} ms passed`), WAIT_LIMIT_MS);
      this.#listeners.add(check);
      check();
    });
  }

  /** Resolves when that many workers were started and each has entered its run(). */
  async waitForWorkers(count: number, options: { since?: number } = {}): Promise<void> {
    await this.waitForLines(count, /: worker \d+ is running /, options);
  }

  /** The port that the fixture has logged as its own. */
  async port(): Promise<number> {
    const line = await this.waitForLine(/ listening port=\d+/);
    return Number(/ port=(\d+)/.exec(line)?.[1]);
  }

  /** The pid of the latest process of each worker, by worker id. */
  workers(): ReadonlyMap<number, number> {
    const found = new Map<number, number>();
    for (const line of this.lines) {
      const match = /: worker (\d+) started .*\bpid=(\d+)/.exec(line);
      if (match) found.set(Number(match[1]), Number(match[2]));
    }
    return found;
  }

  workerPids(): number[] {
    return [...this.workers().values()];
  }

  /** The pid of the latest process of this worker. */
  workerPid(workerId: number): number {
    const pid = this.workers().get(workerId);
    if (pid === undefined) throw new Error(`worker ${String(workerId)} was not started:\n${this.output}`);
    return pid;
  }

  /** Every live process of the program: itself, its workers, and what they have started. */
  livePids(): number[] {
    return markedPids(`${MARK_ENV}=${this.#mark}`);
  }

  /** The same without the processes that only wait to have workers forked from them. */
  workingPids(): number[] {
    return this.livePids().filter((pid) => nameOf(pid) !== 'template');
  }

  /** Resolves when no process of the program is left. */
  async allGone(): Promise<void> {
    await eventually(() => this.livePids().length === 0, 'every process of the program is gone');
  }

  /** Asks the program to end, and resolves with how it did. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<ProgramEnd> {
    this.signal(signal);
    return this.exited;
  }

  /** Kills whatever is left of it. */
  async kill(): Promise<void> {
    if (isAlive(this.pid)) signalPid(this.pid, 'SIGKILL');
    await eventually(() => {
      const left = this.livePids();
      for (const pid of left) signalPid(pid, 'SIGKILL');
      return left.length === 0;
    }, 'the killed program is gone');
    await this.exited;
  }

  #collect(stream: NodeJS.ReadableStream | null): void {
    let rest = '';
    stream?.setEncoding('utf8');
    stream?.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      this.lines.push(...lines);
      if (lines.length > 0) this.#changed();
    });
    stream?.on('end', () => {
      if (rest !== '') this.lines.push(rest);
    });
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

function matcher(test: LineTest): (line: string) => boolean {
  if (typeof test === 'function') return test;
  return typeof test === 'string' ? (line) => line.includes(test) : (line) => test.test(line);
}

/** The shell becomes the program, so its pid stays the same. */
function limited(
  { descriptors, controlGroup, passed }: StartOptions,
  command: readonly string[],
): readonly string[] {
  const steps = [
    ...(descriptors === undefined ? [] : [`ulimit -n ${String(descriptors)}`]),
    ...(controlGroup === undefined ? [] : [`echo $$ > '${controlGroup}/cgroup.procs'`]),
  ];
  // They are meant for this very process.
  if (passed) steps.push('export LISTEN_PID=$$');
  if (steps.length === 0) return command;
  return ['/bin/sh', '-c', [...steps, 'exec "$@"'].join(' && '), 'sh', ...command];
}

function passedDescriptors({ passed = {} }: StartOptions): number[] {
  return Object.values(passed).map((handle) => (handle as unknown as { readonly fd: number }).fd);
}

/** Without the variables that jest, or the caller of jest, has set for itself. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const foreign = /^(SERVERENGINE_|JEST_|NODE_OPTIONS$|NODE_UNIQUE_ID$|NODE_ENV$|FORCE_COLOR$)/;
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name))),
    // npm run test:fork
    ...(process.env['TEST_FORK'] === undefined ? {} : { SERVERENGINE_WORKER_START: 'fork' }),
  };
}
