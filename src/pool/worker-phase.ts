/**
 * How far a worker has come, as its parent knows from what it says. That it has ended is not said here: an ended worker
 * is no longer in any place.
 *
 * - `starting`: the process or thread is made; run() was not entered yet.
 * - `running`: in run().
 * - `closing`: it begins to stop, for whatever reason, and closes its listening sockets.
 * - `closed`: it accepts nothing new. What it has begun goes on: it lingers.
 */
export type WorkerPhase =
  | { readonly kind: 'starting' }
  | { readonly kind: 'running' }
  /** hasListened: it was accepting from a socket of the engine when it began to stop. */
  | { readonly kind: 'closing'; readonly hasListened: boolean }
  | { readonly kind: 'closed'; readonly hasListened: boolean; readonly connections: number };

/** What a worker says of itself. */
export type PhaseNotice =
  | { readonly kind: 'running' }
  | { readonly kind: 'stopping'; readonly isListening: boolean }
  /** connections: those that are still open. */
  | { readonly kind: 'closed'; readonly connections: number };

/** There is no way back: what is said late, or twice, changes nothing. */
export function nextPhase(phase: WorkerPhase, notice: PhaseNotice): WorkerPhase {
  switch (notice.kind) {
    case 'running':
      return phase.kind === 'starting' ? { kind: 'running' } : phase;
    case 'stopping':
      if (phase.kind === 'closing' || phase.kind === 'closed') return phase;
      return { kind: 'closing', hasListened: notice.isListening };
    case 'closed': {
      if (phase.kind === 'closed') return phase;
      const hasListened = phase.kind === 'closing' && phase.hasListened;
      return { kind: 'closed', hasListened, connections: notice.connections };
    }
  }
}

/** What the pool wants of the place that a worker has. */
export interface PlaceWish {
  /** The pool ends: nothing comes after this worker. */
  readonly isPoolStopping: boolean;
  /** The place is above the number of workers. */
  readonly isSurplus: boolean;
}

/**
 * Whether a worker leaves its place to the next before it has ended. Only one that lingers and had a socket of the engine
 * does: its last answer may take hours, and nobody accepts meanwhile. Others may count on their id being theirs alone.
 */
export function leavesPlace(phase: WorkerPhase, { isPoolStopping, isSurplus }: PlaceWish): boolean {
  return phase.kind === 'closed' && phase.hasListened && !isPoolStopping && !isSurplus;
}

/**
 * How one worker is replaced by a restart. One that is not up yet serves nobody: it is stopped at once, and what comes
 * after it is what is new.
 */
export function replacementOf(
  strategy: 'auto' | 'all' | 'rolling',
  phase: WorkerPhase,
  isListening: boolean,
): 'rolling' | 'all' {
  switch (strategy) {
    case 'auto':
      return phase.kind === 'running' && isListening ? 'rolling' : 'all';
    case 'all':
    case 'rolling':
      return strategy;
  }
}
