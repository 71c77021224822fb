/**
 * When a worker is taken for one whose heap will be full. Between two collections a heap holds garbage: V8 collects at the
 * latest half way between what was left the last time and the limit. So a heap that is seen above NEAR again and again has
 * hardly room left, and one that is seen below FAR has been collected with success.
 */
const NEAR = 0.85;
const FAR = 0.75;

/** One look may come right before a collection. */
const STAYS_MS = 2000;

/** @param nearSince what the look before has brought. @returns since when it has been near its limit; undefined: it is not. */
export function heapNearSince(
  nearSince: number | undefined,
  fill: number | undefined,
  now: number,
): number | undefined {
  if (fill === undefined || fill < FAR) return undefined;
  return nearSince ?? (fill >= NEAR ? now : undefined);
}

/**
 * It should be replaced before V8 ends it.
 * @param ageMs how long it has lived: the successor of one that gets there at once would get there at once, too.
 */
export function isHeapNearlyFull(
  { nearSince, fill = 0, ageMs }: { nearSince: number | undefined; fill: number | undefined; ageMs: number },
  leastAgeMs: number,
  now: number,
): boolean {
  if (nearSince === undefined || ageMs < leastAgeMs) return false;
  return fill >= NEAR && now - nearSince >= STAYS_MS;
}
