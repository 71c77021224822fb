import type { Clock } from '../common/clock';
import { messageOf } from '../common/errors';
import type { LogFields, Logger } from '../logging/logger';
import { DebuggerOutput } from './debugger-output';
import type { CaptureRequest } from './hang-diagnosis';
import { isInFileCall, type KernelView } from './kernel-view';
import { NoJavaScriptRuns } from './no-stack';
import type { RawFrame } from './paused-stack';
import { mapFrames, type StackFrame } from './source-mapped-frames';

export interface WorkerDebuggerDeps {
  readonly label: string;
  readonly fields: LogFields;
  readonly sendSignal: (signal: 'SIGUSR1') => void;
  /** Asks the worker to close its debugger; it does once its event loop runs. */
  readonly askToClose: () => void;
  /** Without a handler the signal would kill it. */
  readonly isBooted: () => boolean;
  readonly booted: Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A process that runs JavaScript, or can be woken to, opens its debugger within some 10 ms. */
const OPEN_LIMIT_MS = 800;

/** The debugger of one worker process, closed as long as all is well. Runs in the process above it. */
export class WorkerDebugger {
  /** All that the worker writes to stderr goes through it. */
  readonly output: DebuggerOutput;
  readonly #deps: WorkerDebuggerDeps;
  /** Who has asked for it to be opened. */
  #waiter: { resolve(url: string): void; reject(error: Error): void } | undefined;
  /** Openings that we have caused, and that are yet to be seen. */
  #owed = 0;
  /** May be open. */
  #url: string | undefined;

  constructor(deps: WorkerDebuggerDeps) {
    this.#deps = deps;
    this.output = new DebuggerOutput({
      onOpened: (url) => this.#opened(url),
      onFailed: (reason) => this.#waiter?.reject(new Error(`its debugger could not be opened: ${reason}`)),
    });
  }

  /** @throws NoJavaScriptRuns, or an error that says why there is no stack. */
  async capture({ purpose, signal, kernel }: CaptureRequest): Promise<readonly StackFrame[]> {
    const { isBooted, askToClose } = this.#deps;
    const closes = purpose === 'dump';
    refuse(kernel, closes);
    if (!isBooted())
      throw new Error('it has not got as far as the engine: the debugger may not be there yet');
    try {
      return await mapFrames(await this.#read(signal, closes));
    } finally {
      if (closes) askToClose();
    }
  }

  async #read(signal: AbortSignal, closes: boolean): Promise<readonly RawFrame[]> {
    const { captureByWebSocket } = await import('./inspector-capture');
    const read = async (url: string): Promise<readonly RawFrame[]> => {
      const frames = await captureByWebSocket(url, { signal, closes });
      // What is left of the signal opens it once more when the event loop runs again.
      if (closes) this.#owed += 1;
      return frames;
    };
    if (this.#url !== undefined) {
      // Opened before, and perhaps not closed yet: then no signal opens it again.
      const frames = await read(this.#url).catch(() => undefined);
      if (frames) return frames;
      signal.throwIfAborted();
    }
    const opened = await this.#open(signal);
    return read(opened).catch((error: unknown) => {
      throw new NoJavaScriptRuns(`its debugger did not answer: ${messageOf(error)}`);
    });
  }

  async #open(signal: AbortSignal): Promise<string> {
    const { clock, sendSignal } = this.#deps;
    const opened = new Promise<string>((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
    const fail = (error: Error): void => this.#waiter?.reject(error);
    const timer = clock.after(OPEN_LIMIT_MS, () =>
      fail(new NoJavaScriptRuns(`its debugger did not open within ${OPEN_LIMIT_MS} ms`)),
    );
    signal.addEventListener('abort', () => fail(signal.reason as Error), { once: true });
    this.#owed += 1;
    sendSignal('SIGUSR1');
    try {
      return await opened;
    } finally {
      timer.cancel();
      this.#waiter = undefined;
    }
  }

  #opened(url: string): void {
    this.#url = url;
    const isOurs = this.#owed > 0;
    if (isOurs) this.#owed -= 1;
    if (this.#waiter) {
      this.#waiter.resolve(url);
      return;
    }
    const { logger, label, fields, askToClose, isBooted, booted } = this.#deps;
    // Not the address: who reads the log must not be able to attach.
    if (!isOurs) logger.warn(`${label} opened its debugger at a SIGUSR1 from outside, it is closed`, fields);
    if (isBooted()) askToClose();
    else void booted.then(askToClose);
  }
}

/** What a signal would be no help with, or would do harm to. */
function refuse(kernel: KernelView | undefined, livesOn: boolean): void {
  if (!kernel) return;
  if (kernel.state === 'T' || kernel.state === 't') throw new NoJavaScriptRuns('it is stopped');
  if (livesOn && isInFileCall(kernel)) throw new NoJavaScriptRuns('a signal would make its system call fail');
}
