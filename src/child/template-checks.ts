import { readdirSync, readlinkSync, statSync } from 'node:fs';
import type inspector from 'node:inspector';
import { sleep, systemClock } from '../common/clock';
import { TEMPLATE_MARK } from '../common/template-mark';
import type { NativeForks } from '../forking/native';
import { isInspectorLoaded } from '../node-internals/debugger';

/** What template-preload.ts recorded before the program was loaded. */
export interface Preloaded {
  /** The source of Math.random(). */
  readonly chance: { draw: () => number };
  /** The ids of the threads that there were, including Node's pool. */
  readonly threads: readonly string[];
  readonly fds: readonly string[];
  readonly questions: Questions;
}

/** What the program has asked the server for, by listen() or bind(). */
export interface Questions {
  /** The addresses. */
  readonly asked: string[];
  onAsked: () => void;
  /** In a forked worker. */
  areAnswered: boolean;
}

export function preloaded(): Preloaded | undefined {
  return Reflect.get(globalThis, TEMPLATE_MARK) as Preloaded | undefined;
}

/** What a process has that a copy of it could not use, or would share with others. */
export interface TemplateScene {
  readonly threads: readonly string[];
  /** Those that Node itself has started. One may have ended: that of a debugger that a SIGUSR1 to all processes has opened. */
  readonly ownThreads: readonly string[];
  /** What the descriptors that the program opened lead to: `socket`, `pipe`, `anon_inode:…`. */
  readonly opened: readonly string[];
  /** Addresses for which it has asked the server for a socket, which a template does not get. */
  readonly asked: readonly string[];
  readonly hasOpenDebugger: boolean;
  /** TypeScript is loaded by tsx, which uses a thread on older versions of Node. */
  readonly hasTsx: boolean;
}

/** Why no worker may be forked from it; undefined: workers may be forked. */
export function whyNotForked(scene: TemplateScene): string | undefined {
  const { threads, ownThreads, opened, asked, hasOpenDebugger, hasTsx } = scene;
  const more = threads.filter((thread) => !ownThreads.includes(thread)).length;
  if (hasOpenDebugger) return 'its debugger is open, and a forked process would lack its thread';
  if (more > 0 && hasTsx) {
    return (
      'tsx loads modules in a thread here, and a forked process would lack it: compile the program first, ' +
      'start it with node --require tsx/cjs if it is CommonJS, or use Node 24, where tsx needs no thread'
    );
  }
  if (more > 0) {
    return (
      `the program has ${more} more threads than Node itself: a worker_thread, or a native addon, was started while it was loaded. ` +
      'A forked process does not have them: start them in run() or in afterFork()'
    );
  }
  if (asked.length > 0) {
    return (
      `the program calls listen() or bind() (${[...new Set(asked)].join(', ')}) while it is loaded or in beforeFork(), ` +
      'where it gets no socket: listen in run() or in afterFork()'
    );
  }
  if (opened.length > 0) {
    return (
      `the program has opened ${[...new Set(opened)].join(', ')} while it was loaded, which all workers would share: ` +
      'connect, listen and watch files in run() or in afterFork()'
    );
  }
  return undefined;
}

const SETTLE_MS = 500;

/** What a rehearsal or a hook has closed disappears a moment later. */
export async function whyNotLastingly(why: () => string | undefined): Promise<string | undefined> {
  const end = systemClock.now() + SETTLE_MS;
  let reason = why();
  while (reason !== undefined && systemClock.now() < end) {
    await sleep(systemClock, LOOK_MS);
    reason = why();
  }
  return reason;
}

/** @param own descriptors of the engine. */
export function sceneHere({ threads, fds, questions }: Preloaded, own: number): TemplateScene {
  const before = new Set(fds);
  return {
    threads: readdirSync('/proc/self/task'),
    ownThreads: threads,
    opened: readdirSync('/proc/self/fd')
      .filter((fd) => !before.has(fd) && Number(fd) > own)
      .flatMap((fd) => kindOf(fd) ?? []),
    asked: questions.asked,
    hasOpenDebugger: hasOpenDebugger(),
    hasTsx: process.execArgv.some((argument) => /\btsx\b/.test(argument)),
  };
}

/** Undefined: a file, which workers may share, or a descriptor that was open only for this check. */
function kindOf(fd: string): string | undefined {
  const path = `/proc/self/fd/${fd}`;
  try {
    const stats = statSync(path);
    if (stats.isFile() || stats.isDirectory() || stats.isCharacterDevice()) return undefined;
    return readlinkSync(path).replace(/:\[\d+\]$/, '');
  } catch {
    return undefined;
  }
}

function hasOpenDebugger(): boolean {
  if (isInspectorLoaded() === false) return false;
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- it is there already
  return (require('node:inspector') as typeof inspector).url() !== undefined;
}

const LIMIT_MS = 5000;
const LOOK_MS = 2;

/** A forked test process. */
export interface Proof {
  /** Undefined: forking works here. */
  readonly whyNot: Promise<string | undefined>;
}

/** Forks once as a test. Does not resolve in the forked process, which ends by itself. */
export async function beginProof(native: NativeForks): Promise<Proof> {
  const pid = native.probe();
  if (pid === 0) return prove(native);
  return { whyNot: pid < 0 ? Promise.resolve(`fork() failed with errno ${-pid}`) : howItFailed(pid, native) };
}

async function howItFailed(pid: number, native: NativeForks): Promise<string | undefined> {
  for (const end = systemClock.now() + LIMIT_MS; systemClock.now() < end;) {
    const ended = native.reap(pid);
    if (typeof ended === 'number' && ended < 0) return `the forked process is gone (errno ${-ended})`;
    if (typeof ended === 'object') {
      const [status, signal] = ended;
      if (status === 0 && signal === 0) return undefined;
      return `a forked test process ended with ${signal === 0 ? `status ${status}` : `signal ${signal}`}`;
    }
    await sleep(systemClock, LOOK_MS);
  }
  process.kill(pid, 'SIGKILL');
  native.reap(pid);
  return `a forked test process has not ended within ${LIMIT_MS} ms`;
}

// Enough for a few collections and for optimized code. The template waits for it.
const ROUNDS = 50_000;
const MOST_KEPT = 10_000;

/** Runs in the forked process: things that every program does, each of which has failed during development. */
async function prove(native: NativeForks): Promise<never> {
  try {
    await Promise.all([
      import('node:fs/promises').then(async ({ readFile }) => readFile('/proc/self/stat')),
      sleep(systemClock, 1),
    ]);
    let kept: object[] = [];
    let sum = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      kept.push({ round, text: `${round}` });
      sum = (sum + round * 3) | 0;
      if (kept.length > MOST_KEPT) kept = [];
    }
    native.end(sum === 0 ? 1 : 0);
  } catch {
    native.end(1);
  }
}
