/**
 * When a worker's heap counts as nearly full. Between two collections a heap holds garbage: V8 collects at the latest
 * half way between what the last collection left and the limit. So a heap that is repeatedly above NEAR has hardly any
 * room left, and one below FAR was collected successfully.
 */
const NEAR = 0.85;
const FAR = 0.75;

/** A single reading may come right before a collection. */
const STAYS_MS = 2000;

/**
 * @param nearSince the result of the previous check. @returns since when the heap has been near its limit; undefined:
 * it is not.
 */
export function heapNearSince(
  nearSince: number | undefined,
  fill: number | undefined,
  now: number,
): number | undefined {
  if (fill === undefined || fill < FAR) return undefined;
  return nearSince ?? (fill >= NEAR ? now : undefined);
}

/**
 * Whether the worker should be replaced before V8 ends it.
 * @param ageMs the age of the worker: the successor of one that fills its heap at once would do the same.
 */
export function isHeapNearlyFull(
  { nearSince, fill = 0, ageMs }: { nearSince: number | undefined; fill: number | undefined; ageMs: number },
  leastAgeMs: number,
  now: number,
): boolean {
  if (nearSince === undefined || ageMs < leastAgeMs) return false;
  return fill >= NEAR && now - nearSince >= STAYS_MS;
}
