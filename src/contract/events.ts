import type { ReloadResult, RestartOutcome, RolloutFailure } from './results';
import type { DeathRecord, ServerState } from './status';

/** A worker, as events name it. */
export interface WorkerEvent {
  readonly group: string;
  readonly workerId: number;
  readonly generation: number;
  readonly pid: number | undefined;
}

/** How far a restart of workers has come. */
export interface RolloutEvent {
  readonly group: string;
  readonly kind: 'begun' | 'progress' | RestartOutcome;
  /** So many new workers are ready. */
  readonly replaced: number;
  /** So many old workers are still to be replaced, or stay where it halted. */
  readonly left: number;
  readonly failed?: RolloutFailure | undefined;
}

/** What `engine.on()` tells, in the process that has it: of workers in the server process. */
export interface EngineEvents {
  /** Its process or thread is made. */
  readonly workerStarted: WorkerEvent;
  /** It is able to serve. */
  readonly workerReady: WorkerEvent & { readonly startMs: number };
  readonly workerExited: DeathRecord;
  readonly serverState: { readonly state: ServerState; readonly pid: number; readonly generation: number };
  readonly rollout: RolloutEvent;
  readonly configReloaded: ReloadResult;
}

export type EngineEventName = keyof EngineEvents;
