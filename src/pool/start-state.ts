/**
 * undecided: no worker has come up yet; `failed` counts how often each has ended before that. up: one has come up.
 * failed: enough workers have tried twice, and none has come up.
 */
export type StartState =
  | { readonly kind: 'undecided'; readonly failed: ReadonlyMap<number, number> }
  | { readonly kind: 'up' }
  | { readonly kind: 'failed' };

export type StartEvent =
  | { readonly kind: 'up' }
  /** `needed`: this many different workers must have failed, each twice; Infinity: starts are repeated without limit. */
  | { readonly kind: 'failed'; readonly workerId: number; readonly needed: number };

// The first restart is immediate, and the cause may be gone by then.
const TRIES = 2;

export function stepStart(state: StartState, event: StartEvent): StartState {
  if (state.kind !== 'undecided') return state;
  if (event.kind === 'up') return { kind: 'up' };
  const failed = new Map(state.failed).set(event.workerId, (state.failed.get(event.workerId) ?? 0) + 1);
  const hopeless = [...failed.values()].filter((times) => times >= TRIES).length;
  return hopeless >= event.needed ? { kind: 'failed' } : { kind: 'undecided', failed };
}
