/**
 * How far a worker has come, as it has reported to its parent. There is no phase for an ended worker: it no longer has
 * a slot.
 *
 * - `starting`: the process or thread exists; run() was not entered yet.
 * - `running`: it is in run().
 * - `closing`: it has begun to stop, for whatever reason, and closes its listening sockets.
 * - `closed`: it accepts nothing new, and finishes what it has begun: it lingers.
 */
export type WorkerPhase =
  | { readonly kind: 'starting' }
  | { readonly kind: 'running' }
  /** hasListened: it was accepting from a socket of the engine when it began to stop. */
  | { readonly kind: 'closing'; readonly hasListened: boolean }
  | { readonly kind: 'closed'; readonly hasListened: boolean; readonly connections: number };

/** What a worker reports about itself. */
export type PhaseNotice =
  | { readonly kind: 'running' }
  | { readonly kind: 'stopping'; readonly isListening: boolean }
  /** connections: how many are still open. */
  | { readonly kind: 'closed'; readonly connections: number };

/** A phase never goes back: a late or repeated notice changes nothing. */
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

/** What the pool plans for the slot of a worker. */
export interface SlotPlan {
  /** The pool ends: no worker follows. */
  readonly isPoolStopping: boolean;
  /** The slot is above the number of workers. */
  readonly isSurplus: boolean;
}

/**
 * Whether a worker leaves its slot to the next before it has ended. Only a lingering worker that used a socket of the
 * engine does: its last answer may take hours, and nothing accepts meanwhile. Other workers may rely on being the only
 * one with their id.
 */
export function leavesSlot(phase: WorkerPhase, { isPoolStopping, isSurplus }: SlotPlan): boolean {
  return phase.kind === 'closed' && phase.hasListened && !isPoolStopping && !isSurplus;
}

/**
 * How a restart replaces one worker. A worker that is not up yet serves nobody: it is stopped at once, and its
 * successor already runs the new program.
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
