const DEEPEST = 100;

/** The stack of the caller of `from`, deeper than that of an error. */
export function stackHere(from: (...args: never[]) => unknown): string {
  const holder: { stack?: string } = {};
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = DEEPEST;
  Error.captureStackTrace(holder, from);
  Error.stackTraceLimit = stackTraceLimit;
  const [, ...frames] = (holder.stack ?? '').split('\n');
  return frames.map((frame) => frame.trim()).join('\n');
}
