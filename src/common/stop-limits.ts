// Long enough for a boot that is nearly over; a service manager that waits 10 s (docker, many scripts) still sees a
// clean end.
const BOOT_STOP_MS = 5000;

/** How long an immediate stop waits for the user's hooks. */
export const IMMEDIATE_HOOK_MS = 1000;

/**
 * How long a graceful stop waits for what is still starting: a process that is still booting, beforeRun(),
 * beforeFork(). None of them has anything in flight. Negative: for ever.
 * @param gracefulTimeoutMs how long it waits for work that has begun.
 */
export function bootStopMs(gracefulTimeoutMs: number): number {
  return Math.min(BOOT_STOP_MS, gracefulTimeoutMs);
}
