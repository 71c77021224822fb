import type { Subject } from '../common/subject';
import { sleep, type Clock } from '../common/clock';
import { messageOf } from '../common/errors';
import type { Logger } from '../record/logger';
import type { HangCause } from '../contract/status';
import { Effort, ENOUGH_MS } from './effort';
import { hangCause } from './hang-cause';
import { reportHang, type HangFindings } from './hang-report';
import { isWaiting, type KernelView } from './kernel-view';
import { NoJavaScriptRuns } from './no-stack';
import type { StackFrame } from './source-mapped-frames';

/** dump: the worker lives on. give_up: it is about to be killed. */
export type HangPurpose = 'give_up' | 'dump';

export interface CaptureRequest {
  readonly purpose: HangPurpose;
  /** Aborts the capture. Its reason says why. */
  readonly signal: AbortSignal;
  readonly kernel: KernelView | undefined;
  /** It wants to run, but has got hardly any CPU time since this began: the missing answer does not show what it does. */
  readonly isStarved: () => boolean;
}

/** @throws NoJavaScriptRuns, or an error whose message says why there is no stack. */
export type CaptureStack = (request: CaptureRequest) => Promise<readonly StackFrame[]>;

export interface HangDiagnosisDeps {
  readonly subject: Subject;
  readonly capture: CaptureStack;
  /** Undefined if the kernel does not know the process. */
  readonly kernelView: () => KernelView | undefined;
  /** How much CPU time it has used so far. Absent, or undefined: unknown. */
  readonly processorMs?: () => number | undefined;
  readonly exited: Promise<unknown>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A diagnosis never delays anything longer than this. */
const CAPTURE_LIMIT_MS = 3000;

/** How long it is watched if it seems to wait: a busy process may have been caught between two steps. */
const LOOK_MS = 40;

/** Finds out where one worker hangs, and logs it. Runs in the process above the worker. */
export class HangDiagnosis {
  readonly #deps: HangDiagnosisDeps;
  #running: Promise<void> | undefined;
  #cause: HangCause | undefined;

  constructor(deps: HangDiagnosisDeps) {
    this.#deps = deps;
  }

  /** Why it missed its heartbeats, according to the last diagnosis. */
  get cause(): HangCause | undefined {
    return this.#cause;
  }

  /** Never rejects. If a diagnosis is under way, this waits for it. */
  run(purpose: HangPurpose): Promise<void> {
    this.#running ??= this.#run(purpose)
      // What a worker says about itself may be anything.
      .catch((error: unknown) => this.#deps.logger.error('a hang could not be reported', { error }))
      .finally(() => {
        this.#running = undefined;
      });
    return this.#running;
  }

  async #run(purpose: HangPurpose): Promise<void> {
    const { clock, logger } = this.#deps;
    const { label, fields } = this.#deps.subject;
    const startedAt = clock.now();
    const findings = await this.#findOut(purpose);
    const isDump = purpose === 'dump';
    const log = isDump ? logger.warn : logger.error;
    reportHang(
      log.bind(logger),
      {
        label,
        verb: isDump ? 'is blocked' : 'hangs',
        fields: { ...fields, tookMs: Math.round(clock.now() - startedAt) },
        directory: process.cwd(),
      },
      findings,
    );
  }

  /** A single look may catch a busy process in a short wait, such as for its garbage collection threads. */
  async #look(): Promise<KernelView | undefined> {
    const { clock, kernelView, processorMs } = this.#deps;
    const view = kernelView();
    const before = processorMs?.();
    if (before === undefined || !view || !isWaiting(view)) return view;
    const beganAt = clock.now();
    await sleep(clock, LOOK_MS);
    const spentMs = (processorMs?.() ?? before) - before;
    return spentMs >= (clock.now() - beganAt) / 2 ? { state: 'R' } : view;
  }

  async #findOut(purpose: HangPurpose): Promise<HangFindings> {
    const { clock, capture, exited, kernelView, processorMs = () => undefined } = this.#deps;
    const abort = new AbortController();
    const timer = clock.after(CAPTURE_LIMIT_MS, () =>
      abort.abort(new NoJavaScriptRuns(`there was no answer within ${CAPTURE_LIMIT_MS} ms`)),
    );
    void exited.then(() => abort.abort(new NoJavaScriptRuns('it ended meanwhile')));
    // Read before anything is tried: a signal would wake the process.
    const kernel = await this.#look();
    this.#cause = hangCause(kernel);
    const effort = new Effort({ wantsToRun: kernel?.state === 'R', processorMs, clock });
    try {
      abort.signal.throwIfAborted();
      const frames = await capture({
        purpose,
        signal: abort.signal,
        kernel: kernelView(),
        isStarved: () => effort.isStarved,
      });
      return { frames, why: frames.length === 0 ? 'its stack is empty' : undefined, kernel };
    } catch (error) {
      // If the capture was aborted, the reason of the abort explains its failure.
      const cause: unknown = abort.signal.aborted ? abort.signal.reason : error;
      if (cause instanceof NoJavaScriptRuns && effort.isStarved && effort.tookMs >= 2 * ENOUGH_MS)
        return { why: effort.text, kernel };
      return { why: messageOf(cause), isUnreachable: cause instanceof NoJavaScriptRuns, kernel };
    } finally {
      timer.cancel();
    }
  }
}
