import type { Clock } from '../common/clock';
import type { EngineConfig } from '../config/engine-config';
import { HangDiagnosis, type CaptureStack } from '../diagnostics/hang-diagnosis';
import { readKernelView } from '../diagnostics/kernel-view';
import { WatchdogLink } from '../diagnostics/watchdog-link';
import { WorkerDebugger } from '../diagnostics/worker-debugger';
import { FdWriter } from '../logging/fd-writer';
import type { Logger } from '../logging/logger';
import type { ProcessMonitor } from '../process/process-monitor';
import { DEBUGGER_ARGS, WATCHDOG_FD, type DebuggerAnswer } from '../process/protocol';
import type { WorkerIdentity } from './worker-handle';

export interface ProcessDiagnosisDeps {
  readonly who: WorkerIdentity;
  readonly mode: EngineConfig['hangDiagnosis'];
  /** What node is started with besides, by us and by the environment. */
  readonly nodeOptions: readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
}

type Output = ((chunk: Buffer) => void) | undefined;

// With these its debugger is somebody else's, or none at all.
const DEBUGGER_TAKEN = /^--(inspect|debug|disable-sigusr1|(experimental-)?permission)/;

// Silent for so many intervals: worth a look when somebody asks for a dump.
const SILENT_INTERVALS = 2;

const STDERR_FD = 2;
const MOST_WAITING_BYTES = 1024 * 1024;

/** How it is found out what one worker process hangs in. Made before the process, told of it afterwards. */
export class ProcessDiagnosis {
  /** To be given to node, before everything else. */
  readonly nodeArgs: readonly string[];
  readonly hasWatchdog: boolean;
  /** Waited for before the worker is stopped for a missed heartbeat; undefined: nothing is found out. */
  readonly diagnose: (() => Promise<void>) | undefined;
  readonly #deps: ProcessDiagnosisDeps;
  #debugger: WorkerDebugger | undefined;
  #monitor: ProcessMonitor | undefined;
  #hang: HangDiagnosis | undefined;

  constructor(deps: ProcessDiagnosisDeps) {
    this.#deps = deps;
    const isTaken = deps.nodeOptions.some((option) => DEBUGGER_TAKEN.test(option));
    this.nodeArgs = deps.mode === 'inspector' && !isTaken ? DEBUGGER_ARGS : [];
    this.hasWatchdog = deps.mode === 'thread';
    this.diagnose = deps.mode === 'off' ? undefined : async () => this.#hang?.run('give_up');
  }

  /** Where its stderr goes: what its debugger says there is for us alone. */
  stderrTo(onStderr: Output): Output {
    if (this.nodeArgs.length === 0) return onStderr;
    const passOn = onStderr ?? toOwnStderr();
    return (chunk) => {
      const rest = this.#debugger?.output.push(chunk) ?? chunk;
      if (rest.length > 0) passOn(rest);
    };
  }

  /** The process was started. */
  begin(monitor: ProcessMonitor, onStderr: Output): void {
    const { who, clock, logger } = this.#deps;
    const { pid, child, label } = monitor;
    if (pid === undefined || !this.diagnose) return;
    const fields = { ...who, pid };
    this.#monitor = monitor;
    if (this.nodeArgs.length > 0) {
      const worker = new WorkerDebugger({
        label,
        fields,
        sendSignal: (signal) => monitor.signal(signal),
        askToClose: (url, isOurs) => monitor.send({ type: 'close_debugger', url, isOurs }),
        passOn: (text) => (onStderr ?? toOwnStderr())(Buffer.from(text)),
        isBooted: () => monitor.hasBeaten,
        booted: monitor.firstBeat,
        clock,
        logger,
      });
      this.#debugger = worker;
      child.once('close', () => {
        const rest = worker.flush();
        if (rest.length > 0) (onStderr ?? toOwnStderr())(rest);
      });
    }
    this.#hang = new HangDiagnosis({
      label,
      fields,
      capture: this.#captureOf(monitor),
      kernelView: () => readKernelView(pid),
      exited: monitor.exited,
      clock,
      logger,
    });
  }

  /** What the worker says of a debugger that we have not opened. */
  onDebugger(message: DebuggerAnswer): void {
    this.#debugger?.onAnswer(message);
  }

  /** Somebody asks what the workers are doing: one that has long been silent cannot say so itself. */
  dump(heartbeatIntervalMs: number): void {
    const silentMs = this.#monitor?.silentMs(SILENT_INTERVALS * heartbeatIntervalMs);
    if (silentMs !== undefined && this.#monitor?.isAlive) void this.#hang?.run('dump');
  }

  #captureOf(monitor: ProcessMonitor): CaptureStack {
    if (this.#debugger) {
      const worker = this.#debugger;
      return (request) => worker.capture(request);
    }
    if (this.hasWatchdog) {
      const stdio: readonly unknown[] = monitor.child.stdio;
      const link = new WatchdogLink(stdio[WATCHDOG_FD]);
      return (request) => link.capture(request);
    }
    return () => Promise.reject(new Error('its debugger is not ours to use: see its node options'));
  }
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

/** As if the worker still had our stderr: bytes as they come, and a reader that is slow does not hold us up. */
function toOwnStderr(): (chunk: Buffer) => void {
  ownStderr ??= new FdWriter(STDERR_FD, {
    maxBufferedBytes: MOST_WAITING_BYTES,
    dropNotice: (lines) => `${lines} lines of stderr dropped\n`,
    endsWithReader: false,
  });
  const writer = ownStderr;
  return (chunk) => writer.write(chunk);
}
