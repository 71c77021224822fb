import type { Clock } from '../common/clock';
import { processorMs } from '../common/proc-stat';
import { opensDebugger, waitsForDebugger } from '../common/inspect-options';
import type { EngineConfig } from '../config/engine-config';
import type { HangCause } from '../contract/status';
import type { DebuggerOutput } from '../hang/debugger-output';
import { DebuggerPresence } from '../hang/debugger-presence';
import { HangDiagnosis, type CaptureStack } from '../hang/hang-diagnosis';
import { readKernelView } from '../hang/kernel-view';
import { openDebuggerOutput } from '../hang/open-debugger';
import { captureForked } from './forked-stack';
import { WatchdogLink } from '../watchdog/watchdog-link';
import { WorkerDebugger } from '../hang/worker-debugger';
import { FdWriter } from '../record/fd-writer';
import type { Subject } from '../common/subject';
import type { Logger } from '../record/logger';
import type { ProcessContact } from '../watch/process-contact';
import { DEBUGGER_ARGS, WATCHDOG_FD, type DebuggerAnswer } from '../protocol/protocol';

/** How to find out what a worker process hangs in. This must be known before it is started. */
export interface DiagnosisPlan {
  readonly isOn: boolean;
  /** For node, before everything else. They reserve its debugger for us. */
  readonly nodeArgs: readonly string[];
  readonly hasWatchdog: boolean;
  /** Its debugger is open from the start, because the user asked for that. */
  readonly hasOpenDebugger: boolean;
  /** It runs nothing until a debugger is attached. */
  readonly awaitsDebugger: boolean;
  /** It answers without a debugger, whatever the mode is. */
  readonly isForked?: boolean;
}

// With these options its debugger belongs to the user, or there is none.
const DEBUGGER_TAKEN = /^--(inspect|debug|disable-sigusr1|(experimental-)?permission)/;

/** @param options all other options that node is started with, from us and from the environment. */
export function planDiagnosis(
  mode: EngineConfig['hangDiagnosis'],
  options: readonly string[],
): DiagnosisPlan {
  const isTaken = options.some((option) => DEBUGGER_TAKEN.test(option));
  return {
    isOn: mode !== 'off',
    nodeArgs: mode === 'inspector' && !isTaken ? DEBUGGER_ARGS : [],
    hasWatchdog: mode === 'thread',
    hasOpenDebugger: opensDebugger(options),
    awaitsDebugger: waitsForDebugger(options),
  };
}

/**
 * For a forked worker and its template. It lacks the thread that would open its debugger on a signal, so native/fork.c
 * interrupts it.
 */
export function planForked(mode: EngineConfig['hangDiagnosis']): DiagnosisPlan {
  return {
    isOn: mode !== 'off',
    nodeArgs: [],
    hasWatchdog: true,
    hasOpenDebugger: false,
    awaitsDebugger: false,
    isForked: true,
  };
}

export interface ProcessDiagnosisDeps {
  readonly plan: DiagnosisPlan;
  readonly contact: ProcessContact;
  readonly subject: Subject;
  /** Where its stderr goes. Undefined: to ours. */
  readonly onStderr: ((chunk: Buffer) => void) | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

const STDERR_FD = 2;
const MOST_WAITING_BYTES = 1024 * 1024;

/** Finds out what one worker process hangs in. */
export class ProcessDiagnosis {
  /** Reads its stderr: what its debugger prints there is only for us. */
  readonly onStderr: ((chunk: Buffer) => void) | undefined;
  readonly #presence: DebuggerPresence;
  readonly #debugger: WorkerDebugger | undefined;
  readonly #hang: HangDiagnosis;

  constructor(deps: ProcessDiagnosisDeps) {
    const { plan, contact, subject, clock, logger } = deps;
    this.#presence = new DebuggerPresence(plan.awaitsDebugger);
    this.#debugger = plan.nodeArgs.length > 0 ? debuggerOf(deps, this.#presence) : undefined;
    const output = plan.hasOpenDebugger
      ? openDebuggerOutput(subject, () => contact.pid, this.#presence, logger)
      : this.#debugger?.output;
    const flush = (): Buffer => (this.#debugger ?? output)?.flush() ?? Buffer.alloc(0);
    this.onStderr = output ? filtered(output, flush, deps) : deps.onStderr;
    this.#hang = new HangDiagnosis({
      subject,
      capture: captureOf(this.#debugger, deps),
      kernelView: () => (contact.pid === undefined ? undefined : readKernelView(contact.pid)),
      processorMs: () => (contact.pid === undefined ? undefined : processorMs(contact.pid)),
      exited: contact.exited,
      clock,
      logger,
    });
  }

  /** A debugger has paused it. */
  get isHeldUp(): boolean {
    return this.#presence.isHeldUp;
  }

  /** What keeps it from its heartbeat, once it was examined. */
  get cause(): HangCause | undefined {
    return this.#hang.cause;
  }

  /** The worker's answer about a debugger that the server has not opened. */
  onDebugger(message: DebuggerAnswer): void {
    this.#debugger?.onAnswer(message);
  }

  /** Called before it is stopped for a missed heartbeat. */
  readonly giveUp = (): Promise<void> => this.#hang.run('give_up');

  /** A dump was requested, and this worker has been silent too long to write one itself. */
  dump(): void {
    void this.#hang.run('dump');
  }
}

function debuggerOf(
  { contact, onStderr, ...deps }: ProcessDiagnosisDeps,
  presence: DebuggerPresence,
): WorkerDebugger {
  return new WorkerDebugger({
    ...deps,
    presence,
    sendSignal: (signal) => contact.signal(signal),
    askToClose: (url, isOurs) => contact.send({ type: 'close_debugger', url, isOurs }),
    passOn: (text) => (onStderr ?? toOwnStderr())(Buffer.from(text)),
    isBooted: () => contact.hasBeaten,
    booted: contact.firstBeat,
  });
}

function filtered(
  output: DebuggerOutput,
  flush: () => Buffer,
  { contact, onStderr }: ProcessDiagnosisDeps,
): (chunk: Buffer) => void {
  const passOn = onStderr ?? toOwnStderr();
  const passRest = (rest: Buffer): void => {
    if (rest.length > 0) passOn(rest);
  };
  contact.child.once('close', () => passRest(flush()));
  return (chunk) => passRest(output.push(chunk));
}

function captureOf(
  worker: WorkerDebugger | undefined,
  { plan, contact }: ProcessDiagnosisDeps,
): CaptureStack {
  if (worker) return (request) => worker.capture(request);
  if (plan.hasWatchdog) {
    const stdio: readonly unknown[] = contact.child.stdio;
    const link = new WatchdogLink(stdio[WATCHDOG_FD]);
    return plan.isForked ? captureForked(link) : (request) => link.capture(request);
  }
  return () => Promise.reject(new Error('its debugger is not ours to use: see its node options'));
}

/** What node is started with: our arguments, and those of the environment. */
export function nodeOptions(
  args: readonly string[],
  script: string,
  env: NodeJS.ProcessEnv,
): readonly string[] {
  return [...args.slice(0, args.indexOf(script)), ...(env['NODE_OPTIONS'] ?? '').split(/\s+/)];
}

let ownStderr: FdWriter | undefined;

/** As if the worker still had our stderr: bytes are copied as they come, and a slow reader does not hold us up. */
function toOwnStderr(): (chunk: Buffer) => void {
  ownStderr ??= new FdWriter(STDERR_FD, {
    maxBufferedBytes: MOST_WAITING_BYTES,
    dropNotice: (lines) => `${lines} lines of stderr dropped\n`,
    endsWithReader: false,
  });
  const writer = ownStderr;
  return (chunk) => writer.write(chunk);
}
