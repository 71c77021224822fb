import type { Subject } from '../common/subject';
import type { Clock } from '../common/clock';
import { messageOf } from '../common/errors';
import type { Logger } from '../record/logger';
import { DebuggerOutput } from './debugger-output';
import type { DebuggerPresence } from './debugger-presence';
import type { CaptureRequest } from './hang-diagnosis';
import { isInFileCall, type KernelView } from './kernel-view';
import { NoJavaScriptRuns } from './no-stack';
import type { RawFrame } from './paused-stack';
import type { StackFrame } from './source-mapped-frames';

export interface WorkerDebuggerDeps {
  readonly subject: Subject;
  readonly sendSignal: (signal: 'SIGUSR1') => void;
  /** Asks the worker to close its debugger, once its event loop runs. If we did not open it, the worker says who did. */
  readonly askToClose: (url: string, isOurs: boolean) => void;
  /** Writes to its stderr, as if the text had passed through. */
  readonly passOn: (text: string) => void;
  /** Before that the worker has no handler, and the signal would kill it. */
  readonly isBooted: () => boolean;
  readonly booted: Promise<void>;
  /** Whether a person uses a debugger that the program has opened. */
  readonly presence: DebuggerPresence;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * stray: opened by a signal from outside, and closed. program: opened by the worker's program. other: it belongs to
 * another process.
 */
export type DebuggerOwner = 'stray' | 'program' | 'other';

/** A process that runs JavaScript, or can be woken to run it, opens its debugger within about 10 ms, if the machine lets it. */
const OPEN_LIMIT_MS = 800;
const LOOK_AGAIN_MS = 100;

/** The time for a worker to log an uncaught error and end. */
const LAST_WORDS_MS = 500;

/**
 * The debugger of one worker process. It is closed as long as the worker is healthy. Runs in the process above the
 * worker.
 */
export class WorkerDebugger {
  /** Everything that the worker writes to stderr passes through it. */
  readonly output: DebuggerOutput;
  readonly #deps: WorkerDebuggerDeps;
  /** The capture that waits for it to open. */
  #waiter: { resolve(url: string): void; reject(error: Error): void } | undefined;
  /** Makes the attached capture disconnect. */
  #letGo: (() => void) | undefined;
  /** How many openings we have caused that were not reported yet. */
  #owed = 0;
  /** How often we have attached that was not reported yet. */
  #attaching = 0;
  /** We opened it, and it may still be open. */
  #url: string | undefined;
  /** The debuggers that we opened, and closed stray ones: their lines are not passed on. */
  readonly #ours = new Set<string>();
  /** The server did not open these, and has asked the worker which code did. */
  readonly #asked = new Set<string>();
  /** Opened by the program itself: it stays open, and a capture may use it. */
  #programs: string | undefined;

  constructor(deps: WorkerDebuggerDeps) {
    this.#deps = deps;
    this.output = new DebuggerOutput({
      onOpened: (url) => this.#opened(url),
      onEnded: (url) => {
        if (this.#programs === url) this.#programs = undefined;
        deps.presence.ended(url);
        return this.#ours.has(url);
      },
      onFailed: (reason) => {
        this.#waiter?.reject(new Error(`its debugger could not be opened: ${reason}`));
        return this.#waiter !== undefined;
      },
      onAttached: () => {
        if (this.#attaching === 0) {
          deps.presence.attached();
          return false;
        }
        this.#attaching -= 1;
        return true;
      },
      // A process that ends while a client is attached would wait for the client.
      onLeaving: () => {
        this.#letGo?.();
        return this.#letGo !== undefined;
      },
    });
  }

  /** The worker has reported whose debugger it is. */
  onAnswer({ url, whose }: { readonly url: string; readonly whose: DebuggerOwner }): void {
    if (!this.#asked.delete(url)) return;
    const { logger, subject, passOn, presence } = this.#deps;
    if (whose === 'stray') {
      this.#ours.add(url);
      // Without the address: people who read the log must not be able to attach.
      logger.warn(
        `${subject.label} opened its debugger on a SIGUSR1 from outside; it was closed`,
        subject.fields,
      );
      return;
    }
    if (whose === 'program') {
      this.#programs = url;
      presence.opened(url);
    }
    passOn(`Debugger listening on ${url}\n`);
  }

  /** The worker is gone, and will not answer. */
  flush(): Buffer {
    const unanswered = [...this.#asked].map((url) => `Debugger listening on ${url}\n`).join('');
    this.#asked.clear();
    return Buffer.concat([Buffer.from(unanswered), this.output.flush()]);
  }

  /** @throws NoJavaScriptRuns, or an error that says why there is no stack. */
  async capture(request: CaptureRequest): Promise<readonly StackFrame[]> {
    const { purpose, signal, kernel } = request;
    const { isBooted, askToClose } = this.#deps;
    const closes = purpose === 'dump';
    refuse(kernel, closes);
    // A worker that is about to be killed loses nothing by a signal that it has no handler for.
    if (closes && !isBooted())
      throw new Error('the engine has not started in it yet: the debugger may not be there');
    if (kernel && isInFileCall(kernel)) return this.#interruptCall(signal);
    try {
      const frames = await this.#read(request, closes);
      // Loaded only when the first worker hangs.
      return await (await import('./source-mapped-frames')).mapFrames(frames);
    } finally {
      if (closes && this.#url !== undefined) askToClose(this.#url, true);
    }
  }

  /**
   * The signal makes a blocking read or write fail, and the code that runs after that is not where the worker hung. The error,
   * which the program will hardly expect, has the stack: wait until the worker has logged it.
   */
  async #interruptCall(signal: AbortSignal): Promise<never> {
    const { clock, sendSignal } = this.#deps;
    this.#owed += 1;
    sendSignal('SIGUSR1');
    await new Promise<void>((resolve) => {
      const timer = clock.after(LAST_WORDS_MS, resolve);
      signal.addEventListener('abort', () => {
        timer.cancel();
        resolve();
      });
    });
    throw new NoJavaScriptRuns('its system call was interrupted: an EINTR error of its own shows where');
  }

  async #read(request: CaptureRequest, closes: boolean): Promise<readonly RawFrame[]> {
    const { signal } = request;
    const { captureByWebSocket } = await import('./inspector-capture');
    const closesIt = closes && this.#programs === undefined;
    const read = async (url: string): Promise<readonly RawFrame[]> => {
      this.#attaching += 1;
      const frames = await captureByWebSocket(url, { signal: this.#untilItLeaves(signal), closes: closesIt });
      // The rest of the signal opens the debugger once more when the event loop runs again.
      if (closesIt) this.#owed += 1;
      return frames;
    };
    // The program's own debugger may be in use: no signal opens another one, and we must not close it.
    if (this.#programs !== undefined) return read(this.#programs);
    if (this.#url !== undefined) {
      // We opened it before and it may still be open: then no signal opens it again.
      const frames = await read(this.#url).catch(() => undefined);
      if (frames) return frames;
      signal.throwIfAborted();
    }
    const opened = await this.#open(request);
    return read(opened).catch((error: unknown) => {
      throw new NoJavaScriptRuns(`its debugger did not answer: ${messageOf(error)}`);
    });
  }

  #untilItLeaves(signal: AbortSignal): AbortSignal {
    const abort = new AbortController();
    signal.addEventListener('abort', () => abort.abort(signal.reason), { once: true });
    this.#letGo = () => abort.abort(new Error('it is about to end'));
    return abort.signal;
  }

  async #open({ signal, isStarved }: CaptureRequest): Promise<string> {
    const { clock, sendSignal } = this.#deps;
    const opened = new Promise<string>((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
    const fail = (error: Error): void => this.#waiter?.reject(error);
    const look = (): void => {
      if (isStarved()) timer = clock.after(LOOK_AGAIN_MS, look);
      else fail(new NoJavaScriptRuns(`its debugger did not open within ${OPEN_LIMIT_MS} ms`));
    };
    let timer = clock.after(OPEN_LIMIT_MS, look);
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
    const { askToClose, isBooted, booted } = this.#deps;
    const isOurs = this.#owed > 0;
    if (isOurs) {
      this.#owed -= 1;
      this.#url = url;
      this.#ours.add(url);
    }
    if (this.#waiter) {
      this.#waiter.resolve(url);
      return;
    }
    if (!isOurs) this.#asked.add(url);
    if (isBooted()) askToClose(url, isOurs);
    else void booted.then(() => askToClose(url, isOurs));
  }
}

/** When a signal would not help, or would do harm. */
function refuse(kernel: KernelView | undefined, livesOn: boolean): void {
  if (!kernel) return;
  if (kernel.state === 'T' || kernel.state === 't') throw new NoJavaScriptRuns('it is stopped');
  if (livesOn && isInFileCall(kernel)) throw new NoJavaScriptRuns('a signal would make its system call fail');
}
