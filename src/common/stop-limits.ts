// Long enough for a boot that is nearly over; a service manager that waits 10 s (docker, many scripts) still sees a
// clean end.
const BOOT_STOP_MS = 5000;

/** An immediate stop waits so long for what the user's code has to say to it. */
export const IMMEDIATE_HOOK_MS = 1000;

/**
 * How long a graceful stop waits for what is still starting: a process that is not past its boot, beforeRun(),
 * beforeFork(). None of them has anything in flight. Negative: for ever.
 * @param gracefulTimeoutMs how long it waits for what has begun.
 */
export function bootStopMs(gracefulTimeoutMs: number): number {
  return Math.min(BOOT_STOP_MS, gracefulTimeoutMs);
}
