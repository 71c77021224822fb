/** What came of a rolling restart. */
export interface RolloutResult {
  readonly replaced: readonly number[];
  /** The first replacement that did not get ready: nothing was begun after it. */
  readonly failed: { readonly workerId: number; readonly why: string } | undefined;
  /** Not begun. */
  readonly left: readonly number[];
}

/** A replacement has taken over and the old worker has ended; 'void': there was nothing to replace any more. */
export type Replacement = 'done' | 'void' | { readonly failure: string };

/**
 * Replaces workers a few at a time, in order. The first failure ends it: what is under way is finished, nothing new
 * is begun. `concurrency` is asked before each, so that a reload takes effect.
 */
export async function rollOut(
  workerIds: readonly number[],
  concurrency: () => number,
  replace: (workerId: number) => Promise<Replacement>,
  signal: AbortSignal,
): Promise<RolloutResult> {
  const left = [...workerIds];
  const replaced: number[] = [];
  const underWay = new Set<Promise<void>>();
  let failed: RolloutResult['failed'];
  const begin = (workerId: number): void => {
    const one = replace(workerId).then((outcome) => {
      underWay.delete(one);
      if (outcome === 'done') replaced.push(workerId);
      else if (outcome !== 'void') failed ??= { workerId, why: outcome.failure };
    });
    underWay.add(one);
  };
  const mayBegin = (): boolean => failed === undefined && !signal.aborted && underWay.size < concurrency();
  for (;;) {
    while (mayBegin()) {
      const next = left.shift();
      if (next === undefined) break;
      begin(next);
    }
    if (underWay.size === 0) return { replaced, failed, left };
    await Promise.race(underWay);
  }
}
