import type { ChildExit } from '../watch/child-exit';

/** A status, or the signal. */
export function howItEnded({ code, signal }: ChildExit): string {
  return signal ?? `status ${String(code)}`;
}
