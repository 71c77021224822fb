import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../common/clock';
import { allPids } from '../common/proc-stat';
import { sendSignal, signalGroup } from '../common/signals';
import { OrphanReaper } from '../watch/orphan-reaper';
import { createTestLog } from './captured-log';

/** How a test engine has ended. */
export interface EngineEnd {
  /** The exit status; null after a signal. */
  readonly code: number | null;
  /** The signal that ended the main process. */
  readonly signal: NodeJS.Signals | null;
}

export interface ProgramStart {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string | undefined;
  /** Output outside its log goes there. */
  readonly output: string;
}

/** In the environment of everything that belongs to one test engine. */
const MARK = 'TEST_ENGINE_MARK';

/** Variables that a test runner, or systemd, has set for itself; and the configuration, which comes from the test. */
const FOREIGN =
  /^(SERVERENGINE_|JEST_|VITEST|NODE_TEST_CONTEXT$|NODE_UNIQUE_ID$|NOTIFY_SOCKET$|WATCHDOG_|LISTEN_)/;

/**
 * The main process of a test engine, and everything that it has started. It ends with this process, however this
 * process ends.
 */
export class EngineProgram {
  readonly exited: Promise<EngineEnd>;
  readonly #child: ChildProcess;
  readonly #mark = `${MARK}=${randomUUID()}`;
  readonly #output: string;
  #end: EngineEnd | undefined;
  #error: Error | undefined;

  constructor({ args, env, cwd, output }: ProgramStart) {
    this.#output = output;
    const fd = openSync(output, 'w');
    try {
      this.#child = spawn(process.execPath, args, {
        // It leads a process group, so that even what it leaves behind can be ended.
        detached: true,
        stdio: ['ignore', fd, fd],
        cwd,
        env: { ...ownEnvironment(), ...env, [MARK]: this.#mark.slice(MARK.length + 1) },
      });
    } finally {
      closeSync(fd);
    }
    // A test that forgets to close it must not keep its runner alive.
    this.#child.unref();
    this.exited = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.#error = error;
        this.#end ??= { code: null, signal: null };
        resolve(this.#end);
      });
      this.#child.once('exit', (code, signal) => {
        this.#end = { code, signal };
        resolve(this.#end);
      });
    });
    const reaper = new OrphanReaper(systemClock, createTestLog().logger);
    reaper.setGrace(0);
    reaper.guard({ pid: this.pid, isAlive: true, exited: this.exited, leadsGroup: true });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Undefined while it runs. */
  get end(): EngineEnd | undefined {
    return this.#end;
  }

  /** What it has written outside its log. */
  get output(): string {
    return this.#error?.message ?? readFileSync(this.#output, 'utf8');
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.#end && this.pid !== undefined) sendSignal(this.pid, signal);
  }

  /** Everything that is left of it. */
  killAll(): void {
    if (!this.#end && this.pid !== undefined) signalGroup(this.pid, 'SIGKILL');
    for (const pid of this.livePids()) sendSignal(pid, 'SIGKILL');
  }

  /** Its processes that have not ended. Empty if there is no /proc. */
  livePids(): readonly number[] {
    return pidsWith(this.#mark);
  }
}

function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !FOREIGN.test(name)));
}

function pidsWith(mark: string): readonly number[] {
  try {
    return allPids().filter((pid) => hasMark(pid, mark));
  } catch {
    return [];
  }
}

/** Of another user, or gone meanwhile: not ours. The environment of a zombie is empty. */
function hasMark(pid: number, mark: string): boolean {
  try {
    return readFileSync(join('/proc', String(pid), 'environ'), 'latin1')
      .split('\0')
      .includes(mark);
  } catch {
    return false;
  }
}
