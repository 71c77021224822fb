import type { EngineConfig } from '../config/engine-config';
import type { KillReason } from '../contract/end-reasons';
import type { RolloutFailure } from '../contract/results';
import type { RestartHistory } from './restart-policy';
import type { StartState } from './start-state';
import type { OldWorker } from './rollout-wait';
import type { WorkerPhase } from './worker-phase';

/** Names one start of a worker. No two starts of a pool have the same. */
export type Serial = number;

/** A start that has no process yet: its beforeFork() runs, or the start itself. */
export interface Launch {
  readonly serial: Serial;
  readonly workerId: number;
  readonly generation: number;
  readonly since: number;
  /** The log has said that it takes long. */
  readonly isSlow: boolean;
}

/** A worker that was started and has not ended, and how far it has come. */
export interface LiveWorker {
  readonly serial: Serial;
  readonly workerId: number;
  readonly generation: number;
  readonly pid: number | undefined;
  /** When its launch began. */
  readonly since: number;
  readonly startedAt: number;
  readonly phase: WorkerPhase;
  /** When it was able to serve. */
  readonly readyAt: number | undefined;
  /** When it said that it accepts nothing new. */
  readonly closedAt: number | undefined;
  /** Why we told it to stop. */
  readonly told: KillReason | undefined;
  /** Its part of the jitter, 0 to 1: workers that were started together do not reach their age together. */
  readonly jitter: number;
  /** How full its heap was, where it is recycled for that. */
  readonly heapFill?: number | undefined;
}

/** The worker that is to take over a place. */
export type NextWorker =
  | { readonly kind: 'launching'; readonly launch: Launch }
  /** since: how long it has been waited for. */
  | { readonly kind: 'booting'; readonly worker: LiveWorker; readonly since: number };

/**
 * What one worker id has.
 *
 * - `waiting`: there is no worker. The next one is started at `until`, or later if starts wait for their turn.
 * - `launching`: there is no worker yet, a start has begun.
 * - `serving`: a worker has this id, whether it boots or runs.
 * - `replacing`: another is on its way beside it, and takes over when it is ready. `old` may have ended meanwhile.
 * - `stopping`: the worker was told to stop, and keeps the id until it has ended.
 * - `over`: its last worker ended with a status that says: do not start me again.
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

/** A worker that was told to stop and has left its place: another has its id, or is on its way. */
export interface LeavingWorker {
  readonly worker: LiveWorker;
  /** The log has said that it lingers. */
  readonly isSaid: boolean;
}

/** Why a worker is replaced by itself: it has used, lived or done enough. */
export type RecycleReason = 'max_memory' | 'max_age' | 'max_jobs';

/** On whose behalf a place is renewed. */
export type TurnCause = 'rollout' | RecycleReason;

/**
 * One place that is being renewed: the next worker boots, or the old one is waited for, or the end of a next one that did
 * not get ready. `renewing`: the old one was told to stop first, and a worker of a later generation is waited for.
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
  /** How full its heap is, where that is why. */
  readonly heapFill?: number | undefined;
  /** It accepts from a socket of the engine: the next one can serve beside it. */
  readonly isListening: boolean;
  /** Not before that: a replacement has failed. */
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

/** When the next standby may be started: later after each one that has failed. */
export interface StandbyPace {
  readonly failures: number;
  readonly nextAt: number;
}

/** A restart of workers that has not ended yet. */
export interface Rollout {
  readonly id: number;
  readonly graceful: boolean;
  readonly startedAt: number;
  /** Worker ids whose turn has not come: a new worker is ready there before the old one is told to stop. */
  readonly queue: readonly number[];
  /** Worker ids that were told at once; the last generation before. Each waits for its next worker to be ready. */
  readonly atOnce: ReadonlyMap<number, number>;
  /** Whether any worker is replaced before it is told to stop. */
  readonly isRolling: boolean;
  readonly replaced: number;
  /** As its listeners were told last: so many are still to be replaced. */
  readonly saidLeft: number;
  readonly failed: RolloutFailure | undefined;
}

/** Nobody asked for a stop · workers are asked to finish · they are told to end. There is no way back. */
export type PoolStop = 'none' | 'graceful' | 'immediate';

/** Why the pool ends, as far as it is known: the text of a start that failed is made later. */
export type PoolFate =
  | { readonly kind: 'stopped'; readonly unrecoverableStatus?: number }
  | { readonly kind: 'never_up'; readonly failure: StartFailure }
  | { readonly kind: 'crash_limit' }
  | { readonly kind: 'unrecoverable'; readonly status: number };

/** A worker that failed before any was up. `serial`: its last words belong to the reason. */
export interface StartFailure {
  readonly serial: Serial;
  readonly workerId: number;
  readonly why: string;
}

/** All that a pool knows of its workers. */
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
  /** Places that are being renewed, at most restartConcurrency at a time, for a rollout or one by one. */
  readonly turns: ReadonlyMap<number, Turn>;
  readonly recycles: readonly Recycle[];
  /** When the workers were last measured for recycling. */
  readonly measuredAt: number;
  /** Workers whose heap is nearly full, and since when. */
  readonly heapsNear: ReadonlyMap<Serial, number>;
  /** Workers that pause accepting, so that the others catch up. */
  readonly paused: ReadonlySet<Serial>;
  /** The log has said that a limit of memory cannot be kept. */
  readonly isMemoryUnknownSaid: boolean;
  readonly standbys: ReadonlyMap<Serial, Standby>;
  readonly standbyPace: StandbyPace;
  readonly crashTimes: readonly number[];
  readonly first: StartState;
  /** When the last start was due: the next keeps its distance. */
  readonly lastStartAt: number | undefined;
  readonly fate: PoolFate;
  readonly isOver: boolean;
  readonly serials: number;
  readonly rollouts: number;
}

/** What decisions depend on. */
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

/** The moment of a decision. */
export interface PoolMoment {
  readonly now: number;
  readonly settings: PoolSettings;
  readonly random: () => number;
  /** Whether a start at which no worker comes up ends the pool. */
  readonly mustComeUp: boolean;
  /** Of the group: failures name it. */
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
    isMemoryUnknownSaid: false,
    standbys: new Map(),
    standbyPace: { failures: 0, nextAt: -Infinity },
    crashTimes: [],
    first: { kind: 'undecided', failed: new Map() },
    lastStartAt: undefined,
    fate: { kind: 'stopped' },
    isOver: false,
    serials: 0,
    rollouts: 0,
  };
}
