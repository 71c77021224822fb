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
  /** Asks the worker to close the debugger there; it does once its event loop runs. If it is not ours, it answers. */
  readonly askToClose: (url: string, isOurs: boolean) => void;
  /** To its stderr, as if it had gone through. */
  readonly passOn: (text: string) => void;
  /** Without a handler the signal would kill it. */
  readonly isBooted: () => boolean;
  readonly booted: Promise<void>;
  /** Whether a person uses a debugger that the program has opened. */
  readonly presence: DebuggerPresence;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** stray: opened by a signal from outside, and closed · program: by the worker's program · other: of another process. */
export type DebuggerOwner = 'stray' | 'program' | 'other';

/** A process that runs JavaScript, or can be woken to, opens its debugger within some 10 ms, if it is let. */
const OPEN_LIMIT_MS = 800;
const LOOK_AGAIN_MS = 100;

/** For a worker to log an uncaught error and end. */
const LAST_WORDS_MS = 500;

/** The debugger of one worker process, closed as long as all is well. Runs in the process above it. */
export class WorkerDebugger {
  /** All that the worker writes to stderr goes through it. */
  readonly output: DebuggerOutput;
  readonly #deps: WorkerDebuggerDeps;
  /** Who has asked for it to be opened. */
  #waiter: { resolve(url: string): void; reject(error: Error): void } | undefined;
  /** What is attached is to let go. */
  #letGo: (() => void) | undefined;
  /** Openings that we have caused, and that are yet to be seen. */
  #owed = 0;
  /** How often we have attached, and it has not said so yet. */
  #attaching = 0;
  /** Opened by us, may be open. */
  #url: string | undefined;
  /** All that are ours, and stray ones that were closed: what is said of them is for nobody. */
  readonly #ours = new Set<string>();
  /** The server has not opened it, and has asked the worker who did. */
  readonly #asked = new Set<string>();
  /** Opened by the program itself: it stays open, and may be used. */
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
      // A process that ends while somebody is attached would wait for that.
      onLeaving: () => {
        this.#letGo?.();
        return this.#letGo !== undefined;
      },
    });
  }

  /** The worker says whose it is. */
  onAnswer({ url, whose }: { readonly url: string; readonly whose: DebuggerOwner }): void {
    if (!this.#asked.delete(url)) return;
    const { logger, subject, passOn, presence } = this.#deps;
    if (whose === 'stray') {
      this.#ours.add(url);
      // Not the address: who reads the log must not be able to attach.
      logger.warn(
        `${subject.label} opened its debugger at a SIGUSR1 from outside, it is closed`,
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

  /** The worker is gone: it does not answer any more. */
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
    // One that is about to be killed has nothing to lose by a signal without a handler.
    if (closes && !isBooted())
      throw new Error('it has not got as far as the engine: the debugger may not be there yet');
    if (kernel && isInFileCall(kernel)) return this.#interruptCall(signal);
    try {
      const frames = await this.#read(request, closes);
      // Only the first worker that hangs needs it.
      return await (await import('./source-mapped-frames')).mapFrames(frames);
    } finally {
      if (closes && this.#url !== undefined) askToClose(this.#url, true);
    }
  }

  /**
   * The signal makes a blocking read or write fail, and what runs after that is not what it hung in. The error, which
   * it will hardly expect, has the stack: it is given the time to log it.
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
    throw new NoJavaScriptRuns('its system call was interrupted: an EINTR error of its own tells where');
  }

  async #read(request: CaptureRequest, closes: boolean): Promise<readonly RawFrame[]> {
    const { signal } = request;
    const { captureByWebSocket } = await import('./inspector-capture');
    const closesIt = closes && this.#programs === undefined;
    const read = async (url: string): Promise<readonly RawFrame[]> => {
      this.#attaching += 1;
      const frames = await captureByWebSocket(url, { signal: this.#untilItLeaves(signal), closes: closesIt });
      // What is left of the signal opens it once more when the event loop runs again.
      if (closesIt) this.#owed += 1;
      return frames;
    };
    // The program's own is in use, perhaps: no signal opens another, and it is not ours to close.
    if (this.#programs !== undefined) return read(this.#programs);
    if (this.#url !== undefined) {
      // Opened before, and perhaps not closed yet: then no signal opens it again.
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

/** What a signal would be no help with, or would do harm to. */
function refuse(kernel: KernelView | undefined, livesOn: boolean): void {
  if (!kernel) return;
  if (kernel.state === 'T' || kernel.state === 't') throw new NoJavaScriptRuns('it is stopped');
  if (livesOn && isInFileCall(kernel)) throw new NoJavaScriptRuns('a signal would make its system call fail');
}
