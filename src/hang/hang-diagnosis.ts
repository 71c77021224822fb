import type { Subject } from '../common/subject';
import type { Clock } from '../common/clock';
import { messageOf } from '../common/errors';
import type { Logger } from '../record/logger';
import { reportHang, type HangFindings } from './hang-report';
import type { KernelView } from './kernel-view';
import { NoJavaScriptRuns } from './no-stack';
import type { StackFrame } from './source-mapped-frames';

/** A worker that is dumped lives on; one that is given up is about to be killed. */
export type HangPurpose = 'give_up' | 'dump';

export interface CaptureRequest {
  readonly purpose: HangPurpose;
  /** Gives up; its reason says why. */
  readonly signal: AbortSignal;
  readonly kernel: KernelView | undefined;
}

/** @throws NoJavaScriptRuns, or an error whose message says why there is no stack. */
export type CaptureStack = (request: CaptureRequest) => Promise<readonly StackFrame[]>;

export interface HangDiagnosisDeps {
  readonly subject: Subject;
  readonly capture: CaptureStack;
  /** Undefined where the kernel knows nothing of it. */
  readonly kernelView: () => KernelView | undefined;
  readonly exited: Promise<unknown>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Nothing is held up longer by it. */
const CAPTURE_LIMIT_MS = 3000;

/** Finds out what one worker hangs in, and logs it. Runs in the process above it. */
export class HangDiagnosis {
  readonly #deps: HangDiagnosisDeps;
  #running: Promise<void> | undefined;

  constructor(deps: HangDiagnosisDeps) {
    this.#deps = deps;
  }

  /** Never rejects. While one is under way, that one is waited for. */
  run(purpose: HangPurpose): Promise<void> {
    this.#running ??= this.#run(purpose)
      // What a worker says of itself may be anything.
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

  async #findOut(purpose: HangPurpose): Promise<HangFindings> {
    const { clock, capture, exited } = this.#deps;
    const abort = new AbortController();
    const timer = clock.after(CAPTURE_LIMIT_MS, () =>
      abort.abort(new NoJavaScriptRuns(`there was no answer within ${CAPTURE_LIMIT_MS} ms`)),
    );
    void exited.then(() => abort.abort(new NoJavaScriptRuns('it ended meanwhile')));
    // Before anything is tried: a signal would wake it.
    const kernel = this.#deps.kernelView();
    try {
      const frames = await capture({ purpose, signal: abort.signal, kernel });
      return { frames, why: frames.length === 0 ? 'its stack is empty' : undefined, kernel };
    } catch (error) {
      // What failed for that reason failed because of it.
      const cause: unknown = abort.signal.aborted ? abort.signal.reason : error;
      return { why: messageOf(cause), isUnreachable: cause instanceof NoJavaScriptRuns, kernel };
    } finally {
      timer.cancel();
    }
  }
}
