import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { WAIT_LIMIT_MS } from '../support/limits';
import { tempDir } from '../support/temp-dir';

export const ROOT = join(__dirname, '../..');

const TSX = pathToFileURL(require.resolve('tsx')).href;

export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program and everything that it starts, in one process group, so that nothing can be left over. */
export class Program {
  static readonly #all = new Set<Program>();

  readonly ended: Promise<ProgramEnd>;
  readonly #child: ChildProcess;
  #output = '';
  #end: ProgramEnd | undefined;

  /** @param script its path in the repository, or an absolute one */
  constructor(script: string, env: Readonly<Record<string, string>> = {}, cwd = ROOT) {
    if (!existsSync(join(ROOT, 'dist/index.js'))) throw new Error('Not built. Run: npm run build');
    this.#child = spawn(process.execPath, ['--import', TSX, resolve(ROOT, script)], {
      cwd,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...withoutJest(process.env), ...env },
    });
    const add = (chunk: Buffer): void => {
      this.#output += chunk.toString();
    };
    this.#child.stdout?.on('data', add);
    this.#child.stderr?.on('data', add);
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        this.#end = { code, signal };
        resolve(this.#end);
      });
    });
    Program.#all.add(this);
  }

  /** For afterEach: kills the rest of every program, also after a failure. */
  static async reapAll(): Promise<void> {
    for (const program of this.#all) {
      program.#signalGroup('SIGKILL');
      await program.ended;
    }
    this.#all.clear();
  }

  get output(): string {
    return this.#output;
  }

  /** Resolves with the matches of the pattern once there are `count` of them. */
  async waitFor(pattern: RegExp, count = 1): Promise<readonly RegExpMatchArray[]> {
    const global = new RegExp(pattern.source, `${pattern.flags.replace('g', '')}g`);
    const until = Date.now() + WAIT_LIMIT_MS;
    for (;;) {
      const found = [...this.#output.matchAll(global)];
      if (found.length >= count) return found;
      if (this.#end || Date.now() > until) {
        const state = this.#end ? `ended with ${JSON.stringify(this.#end)}` : 'still runs';
        throw new Error(`${found.length} of ${count} × ${String(pattern)}; it ${state}:\n${this.#output}`);
      }
      await sleep(20);
    }
  }

  /** Sends a signal to the program alone, as `kill` does. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async stop(signal: NodeJS.Signals): Promise<ProgramEnd> {
    this.#child.kill(signal);
    return this.ended;
  }

  /** Kills the program and all its workers at once, as a power failure does. */
  async losePower(): Promise<ProgramEnd> {
    this.#signalGroup('SIGKILL');
    return this.ended;
  }

  /** Sends SIGINT to the program and all its workers, as the terminal does. */
  async pressCtrlC(): Promise<ProgramEnd> {
    this.#signalGroup('SIGINT');
    return this.ended;
  }

  /** Resolves with true once no process of the program is left: helpers of tsx end a moment later. */
  async isAllGone(): Promise<boolean> {
    const until = Date.now() + WAIT_LIMIT_MS;
    while (this.#signalGroup(0)) {
      if (Date.now() > until) return false;
      await sleep(20);
    }
    return true;
  }

  #signalGroup(signal: NodeJS.Signals | 0): boolean {
    try {
      process.kill(-(this.#child.pid ?? NaN), signal);
      return true;
    } catch {
      return false;
    }
  }
}

/** An empty folder to start a sample in that writes files. */
export function sampleFolder(): string {
  const folder = tempDir();
  const compilerOptions = { experimentalDecorators: true };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  return folder;
}

/** The logged port of a program that was started with port 0. */
export async function portOf(program: Program): Promise<number> {
  const [line] = await program.waitFor(/listening.*\bport=(\d+)/);
  return Number(line?.[1]);
}

// With jest's variables the library would refuse to run. A sample is not part of this test run.
function withoutJest(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('JEST_')));
}
