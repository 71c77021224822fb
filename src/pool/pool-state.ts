import type { EngineConfig } from '../config/engine-config';
import type { KillReason } from '../contract/end-reasons';
import type { RolloutFailure } from '../contract/results';
import type { RestartHistory } from './restart-policy';
import type { StartState } from './start-state';
import type { OldWorker } from './rollout-wait';
import type { WorkerPhase } from './worker-phase';

/** Identifies one start of a worker, uniquely within a pool. */
export type Serial = number;

/** A start without a process yet: its beforeFork() is running, or the start itself. */
export interface Launch {
  readonly serial: Serial;
  readonly workerId: number;
  readonly generation: number;
  readonly since: number;
  /** It was logged that the start takes long. */
  readonly isSlow: boolean;
}

/** A worker that was started and has not ended, and its phase. */
export interface LiveWorker {
  readonly serial: Serial;
  readonly workerId: number;
  readonly generation: number;
  readonly pid: number | undefined;
  /** When its launch began. */
  readonly since: number;
  readonly startedAt: number;
  readonly phase: WorkerPhase;
  /** When it became able to serve. */
  readonly readyAt: number | undefined;
  /** When it reported that it accepts nothing new. */
  readonly closedAt: number | undefined;
  /** Why we told it to stop. */
  readonly told: KillReason | undefined;
  /** Its share of the jitter, 0 to 1: workers that were started together do not reach their maximum age together. */
  readonly jitter: number;
  /** How full its heap was, if it is recycled for that. */
  readonly heapFill?: number | undefined;
}

/** The worker that will take over a slot. */
export type NextWorker =
  | { readonly kind: 'launching'; readonly launch: Launch }
  /** since: when the wait for it began. */
  | { readonly kind: 'booting'; readonly worker: LiveWorker; readonly since: number };

/**
 * The state of one worker id.
 *
 * - `waiting`: there is no worker. The next one starts at `until`, or later if starts are queued.
 * - `launching`: there is no worker yet; a start has begun.
 * - `serving`: a worker has this id, booting or running.
 * - `replacing`: another worker is starting next to it, and takes over when it is ready. `old` may have ended
 *   meanwhile.
 * - `stopping`: the worker was told to stop, and keeps the id until it has ended.
 * - `over`: the last worker ended with a status that forbids another start.
 */
export type SlotState =
  | { readonly kind: 'waiting'; readonly until: number }
  | { readonly kind: 'launching'; readonly launch: Launch }
  | { readonly kind: 'serving'; readonly worker: LiveWorker }
  | { readonly kind: 'replacing'; readonly old: LiveWorker | undefined; readonly next: NextWorker }
  | { readonly kind: 'stopping'; readonly worker: LiveWorker }
  | { readonly kind: 'over'; readonly status: number };

/** One worker id. */
export interface Slot {
  readonly workerId: number;
  /** Counts the starts. */
  readonly generation: number;
  readonly history: RestartHistory;
  readonly state: SlotState;
}

/** A worker that was told to stop and has left its slot: another worker has its id, or will have it. */
export interface LeavingWorker {
  readonly worker: LiveWorker;
  /** It was logged that the worker lingers. */
  readonly isLogged: boolean;
}

/** Why a worker is recycled: its memory, its age or its number of jobs. */
export type RecycleReason = 'max_memory' | 'max_age' | 'max_jobs';

/** Why a slot is renewed. */
export type TurnCause = 'rollout' | RecycleReason;

/**
 * One slot that is being renewed: the next worker boots, or the old worker is waited for, or the end of a replacement
 * that did not become ready. `renewing`: the old worker was told to stop first, and a worker of a later generation is
 * waited for.
 */
export type Turn = { readonly cause: TurnCause } & (
  | { readonly kind: 'booting' }
  | {
      readonly kind: 'old';
      readonly serial: Serial;
      readonly pid: number | undefined;
      readonly old: OldWorker;
    }
  | { readonly kind: 'ending'; readonly serial: Serial }
  | { readonly kind: 'renewing'; readonly generation: number }
);

/** A worker that will be replaced when its turn comes. */
export interface Recycle {
  readonly workerId: number;
  readonly serial: Serial;
  readonly reason: RecycleReason;
  /** How full its heap is, if that is the reason. */
  readonly heapFill?: number | undefined;
  /** It accepts from a socket of the engine, so the next worker can serve next to it. */
  readonly isListening: boolean;
  /** A replacement has failed: do not try again before this time. */
  readonly notBefore: number;
}

/**
 * A worker that has loaded the program and has no id yet.
 *
 * - `launching`: its start is under way.
 * - `booting`: it exists, and loads the program.
 * - `ready`: it waits for an id.
 * - `stopping`: it was told to end.
 */
export type Standby = { readonly serial: Serial; readonly since: number } & (
  | { readonly kind: 'launching' }
  | { readonly kind: 'booting'; readonly pid: number | undefined }
  | { readonly kind: 'ready'; readonly pid: number | undefined }
  | { readonly kind: 'stopping'; readonly pid: number | undefined }
);

/** When the next standby may be started: the delay grows with each failure. */
export interface StandbyPace {
  readonly failures: number;
  readonly nextAt: number;
}

/** A restart of workers that has not ended yet. */
export interface Rollout {
  readonly id: number;
  readonly graceful: boolean;
  readonly startedAt: number;
  /** Worker ids whose turn is still to come: there, a new worker is ready before the old one is told to stop. */
  readonly queue: readonly number[];
  /**
   * Worker ids whose workers were told to stop at once, with their last generation before that. Each waits for its next
   * worker to be ready.
   */
  readonly atOnce: ReadonlyMap<number, number>;
  /** Whether any worker is replaced before it is told to stop. */
  readonly isRolling: boolean;
  readonly replaced: number;
  /** The number of workers left to replace, as last reported to listeners. */
  readonly reportedLeft: number;
  readonly failed: RolloutFailure | undefined;
}

/** No stop was asked for; workers are asked to finish; or workers are told to end. This never goes back. */
export type PoolStop = 'none' | 'graceful' | 'immediate';

/** Why the pool ends, as far as it is known: the text for a failed start is made later. */
export type PoolEndCause =
  | { readonly kind: 'stopped'; readonly unrecoverableStatus?: number }
  | { readonly kind: 'never_up'; readonly failure: StartFailure }
  | { readonly kind: 'crash_limit' }
  | { readonly kind: 'unrecoverable'; readonly status: number };

/** A worker that failed before any was up. `serial`: its last words are part of the reason. */
export interface StartFailure {
  readonly serial: Serial;
  readonly workerId: number;
  readonly why: string;
}

/** Everything that a pool knows about its workers. */
export interface PoolState {
  readonly target: number;
  readonly stop: PoolStop;
  readonly hasStarted: boolean;
  readonly slots: ReadonlyMap<number, Slot>;
  readonly leaving: ReadonlyMap<Serial, LeavingWorker>;
  /** Starts that are no longer wanted and have not ended yet. */
  readonly withdrawn: ReadonlyMap<Serial, Launch>;
  /** How long a graceful stop waits for starts that have begun. */
  readonly launchLimitAt: number | undefined;
  readonly rollout: Rollout | undefined;
  /** Slots that are being renewed, for a rollout or for recycling; at most restartConcurrency at a time. */
  readonly turns: ReadonlyMap<number, Turn>;
  readonly recycles: readonly Recycle[];
  /** When the workers were last measured for recycling. */
  readonly measuredAt: number;
  /** Workers whose heap is nearly full, and since when. */
  readonly heapsNear: ReadonlyMap<Serial, number>;
  /** Workers that pause accepting so that the others catch up. */
  readonly paused: ReadonlySet<Serial>;
  /** It was logged that a memory limit cannot be enforced. */
  readonly isMemoryUnknownLogged: boolean;
  readonly standbys: ReadonlyMap<Serial, Standby>;
  readonly standbyPace: StandbyPace;
  readonly crashTimes: readonly number[];
  readonly first: StartState;
  /** When the last start was due: the next one keeps its distance. */
  readonly lastStartAt: number | undefined;
  readonly endCause: PoolEndCause;
  readonly isOver: boolean;
  readonly serials: number;
  readonly rollouts: number;
}

/** The settings that decisions depend on. */
export type PoolSettings = Pick<
  EngineConfig,
  | 'workers'
  | 'workerType'
  | 'acceptBalance'
  | 'startWorkerConcurrency'
  | 'startWorkerDelayMs'
  | 'startWorkerDelayRand'
  | 'restartStrategy'
  | 'restartConcurrency'
  | 'restartLingerMs'
  | 'workerReadyTimeoutMs'
  | 'workerGracefulKillTimeoutMs'
  | 'unrecoverableExitCodes'
  | 'stopImmediatelyAtUnrecoverableExit'
  | 'restartBackoffMinMs'
  | 'restartBackoffMaxMs'
  | 'restartBackoffResetMs'
  | 'restartWorkerIntervalMs'
  | 'maxRestarts'
  | 'maxRestartsPeriodMs'
  | 'standbyWorkers'
  | 'workerMaxMemory'
  | 'workerMaxAgeMs'
  | 'workerMaxJobs'
>;

/** The time and settings of a decision. */
export interface PoolMoment {
  readonly now: number;
  readonly settings: PoolSettings;
  readonly random: () => number;
  /** Whether the pool ends if no worker comes up at the start. */
  readonly mustComeUp: boolean;
  /** The name of the group, for failures. */
  readonly group: string;
}

export function newPool(target: number): PoolState {
  return {
    target,
    stop: 'none',
    hasStarted: false,
    slots: new Map(),
    leaving: new Map(),
    withdrawn: new Map(),
    launchLimitAt: undefined,
    rollout: undefined,
    turns: new Map(),
    recycles: [],
    measuredAt: -Infinity,
    heapsNear: new Map(),
    paused: new Set(),
    isMemoryUnknownLogged: false,
    standbys: new Map(),
    standbyPace: { failures: 0, nextAt: -Infinity },
    crashTimes: [],
    first: { kind: 'undecided', failed: new Map() },
    lastStartAt: undefined,
    endCause: { kind: 'stopped' },
    isOver: false,
    serials: 0,
    rollouts: 0,
  };
}
