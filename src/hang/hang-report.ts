import { LogBlock } from '../record/log-block';
import type { LogFields, LogMethod } from '../record/logger';
import { culpritText, frameLines } from './frame-text';
import { explainView, type KernelView } from './kernel-view';
import type { StackFrame } from './source-mapped-frames';

/** The findings about a child that does not answer. */
export interface HangFindings {
  readonly frames?: readonly StackFrame[] | undefined;
  /** Why there are no frames. */
  readonly why?: string | undefined;
  /** A capture was tried, and no JavaScript answered. */
  readonly isUnreachable?: boolean | undefined;
  readonly kernel?: KernelView | undefined;
}

export interface HangSubject {
  /** "worker 2" */
  readonly label: string;
  /** "hangs" */
  readonly verb: string;
  readonly fields: LogFields;
  /** Files below this directory are shown relative to it. */
  readonly directory: string;
}

/** One record: where the child hangs and its stack, or why there is no stack and what the kernel shows instead. */
export function reportHang(
  log: LogMethod,
  { label, verb, fields, directory }: HangSubject,
  { frames, why, isUnreachable, kernel }: HangFindings,
): void {
  const culprit = frames && culpritText(frames, directory);
  if (frames && culprit !== undefined) {
    log(`${label} ${verb} in ${culprit}`, { ...fields, stack: new LogBlock(frameLines(frames, directory)) });
    return;
  }
  const seen = kernel && explainView(kernel, isUnreachable ?? false);
  const known = isUnreachable ? (seen ?? why) : (why ?? seen);
  const sentence = `${label} ${verb}, no JavaScript stack: ${known ?? 'nothing is known of it'}`;
  log(sentence, { ...fields, why: known === why ? undefined : why, ...kernel });
}
