/**
 * The earliest time for the next worker start: the last start plus the delay, varied by up to half of `rand` in both
 * directions.
 * @param lastStartAt undefined: no worker was started yet, so the next may start at any time (-Infinity).
 * @param rand 0.2 spreads the delay over 0.9 to 1.1 times its length.
 * @param random uniform in 0..1.
 */
export function nextStartAt(
  lastStartAt: number | undefined,
  delayMs: number,
  rand: number,
  random: () => number,
): number {
  if (lastStartAt === undefined || delayMs <= 0) return -Infinity;
  return lastStartAt + Math.max(0, delayMs + delayMs * rand * (random() - 0.5));
}
