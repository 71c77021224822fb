import type { RestartOutcome, RestartResult } from '../contract/results';

/** From worst to best: the worst outcome of several is the outcome of all. */
const WORST_FIRST: readonly (RestartOutcome | undefined)[] = ['halted', 'overtaken', undefined, 'held'];

/** The outcome of a restart of several groups at once. */
export function restartOfAll(results: readonly RestartResult[]): RestartResult {
  const outcome = WORST_FIRST.find((one) => results.some((result) => result.outcome === one));
  const decisive = results.find((result) => result.outcome === outcome);
  return {
    ok: results.every(({ ok }) => ok),
    reason: decisive?.reason,
    outcome,
    replaced: sum(results.map(({ replaced }) => replaced)),
    kept: sum(results.map(({ kept }) => kept)),
    failed: decisive?.failed,
    tookMs: Math.max(0, ...results.map(({ tookMs }) => tookMs)),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
