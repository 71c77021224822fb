import type { KillReason } from '../contract/end-reasons';
import type { RestartResult } from '../contract/results';
import type { WorkerStart } from '../contract/status';
import type { ChildExit } from '../watch/child-exit';
import type { PoolEndCause, RecycleReason, Serial, StartFailure } from './pool-state';
import type { Measure } from './recycles';

/** What can happen to a pool. */
export type PoolEvent =
  | { readonly kind: 'start' }
  | { readonly kind: 'stop'; readonly graceful: boolean; readonly isAwaited: boolean }
  /** listening: the workers that accept from a socket of the engine at this moment. */
  | { readonly kind: 'restart'; readonly graceful: boolean; readonly listening: ReadonlySet<Serial> }
  | { readonly kind: 'scale'; readonly to: number }
  /** Settings have changed, or time has passed. */
  | { readonly kind: 'look' }
  | {
      readonly kind: 'launched';
      readonly serial: Serial;
      readonly pid: number | undefined;
      readonly startedAt: number;
      /** Set for a worker process. */
      readonly start?: WorkerStart | undefined;
    }
  | { readonly kind: 'launch_failed'; readonly serial: Serial; readonly error: Error }
  /** The start was no longer wanted, so no worker was made. */
  | { readonly kind: 'launch_left'; readonly serial: Serial }
  /** A standby has loaded the program and waits. */
  | { readonly kind: 'standby_ready'; readonly serial: Serial }
  /** The configuration was reloaded; `to` is the new number of workers. */
  | { readonly kind: 'reloaded'; readonly to: number }
  /** The worker hangs and is being ended, which may take a while. */
  | {
      readonly kind: 'given_up';
      readonly serial: Serial;
      readonly reason: KillReason;
      readonly isListening: boolean;
    }
  | { readonly kind: 'running'; readonly serial: Serial }
  | { readonly kind: 'ready'; readonly serial: Serial }
  | { readonly kind: 'stopping'; readonly serial: Serial; readonly isListening: boolean }
  | { readonly kind: 'closed'; readonly serial: Serial; readonly connections: number }
  /** The result of the action `measure`. */
  | { readonly kind: 'measured'; readonly measures: ReadonlyMap<Serial, Measure> }
  | {
      readonly kind: 'exited';
      readonly serial: Serial;
      readonly exit: ChildExit;
      /** Set if we ended it. */
      readonly reason: KillReason | undefined;
    };

/** What the performer must do. */
export type PoolAction =
  /** assign: the standby becomes this worker. */
  | {
      readonly kind: 'launch' | 'assign';
      readonly serial: Serial;
      readonly workerId: number;
      readonly generation: number;
    }
  | { readonly kind: 'launch_standby'; readonly serial: Serial }
  | {
      readonly kind: 'tell_to_stop';
      readonly serial: Serial;
      readonly graceful: boolean;
      readonly reason: KillReason;
      /** Its successor waits for its end. */
      readonly isHurried: boolean;
      /** How full its heap was, if that is the reason. */
      readonly heapFill?: number | undefined;
    }
  /** Read the memory and the job count of every worker. The event `measured` follows. */
  | { readonly kind: 'measure' }
  /** Pause accepting for this long; 0: accept again. */
  | { readonly kind: 'pause_accepting'; readonly serial: Serial; readonly forMs: number }
  /** The first worker is up. */
  | { readonly kind: 'up' }
  | { readonly kind: 'all_are_up' }
  /** A worker has failed before any was up. */
  | { readonly kind: 'trying'; readonly failure: StartFailure }
  /** A start that is under way need not go on. */
  | { readonly kind: 'start_no_more' }
  /** The pool gives up: the Server object must stop. */
  | { readonly kind: 'stop_server' }
  | { readonly kind: 'answer'; readonly rollout: number; readonly result: RestartResult }
  | { readonly kind: 'say'; readonly news: PoolNews }
  | { readonly kind: 'end'; readonly cause: PoolEndCause };

/** The worker that the news is about. */
interface OfWorker {
  readonly workerId: number;
  readonly generation: number;
  readonly pid: number | undefined;
}

/**
 * News of a pool: each is one sentence in the log, and some are also events for the user's program. News about a death
 * comes after the record of that death.
 */
export type PoolNews =
  | ({ readonly kind: 'started'; readonly start?: WorkerStart | undefined } & OfWorker)
  | ({ readonly kind: 'running' } & OfWorker)
  | ({ readonly kind: 'ready'; readonly startMs: number } & OfWorker)
  | {
      readonly kind: 'launch_slow';
      readonly workerId: number;
      readonly generation: number;
      readonly waitedMs: number;
    }
  | { readonly kind: 'launches_given_up'; readonly workers: readonly number[] }
  | { readonly kind: 'delayed'; readonly workerId: number; readonly delayMs: number }
  | { readonly kind: 'unrecoverable'; readonly workerId: number; readonly status: number }
  | { readonly kind: 'never_up'; readonly workerId: number; readonly failure: StartFailure }
  | { readonly kind: 'crash_limit'; readonly workerId: number; readonly crashes: number }
  | { readonly kind: 'scaling'; readonly from: number; readonly to: number }
  | {
      readonly kind: 'stopping';
      readonly alive: number;
      readonly graceful: boolean;
      readonly lingering: number;
    }
  | {
      readonly kind: 'restarting';
      readonly alive: number;
      readonly graceful: boolean;
      readonly rolling: number;
      readonly atOnce: number;
      /** How many workers will be replaced. */
      readonly left: number;
    }
  | {
      readonly kind: 'replaced';
      readonly workerId: number;
      readonly pid: number | undefined;
      readonly oldPid: number | undefined;
      readonly old: 'ended' | 'lingers' | 'silent';
    }
  | {
      readonly kind: 'rollout_progress';
      readonly replaced: number;
      readonly left: number;
    }
  | { readonly kind: 'standby_ready'; readonly pid: number | undefined; readonly startMs: number }
  | { readonly kind: 'standby_delayed'; readonly delayMs: number }
  | ({ readonly kind: 'healing'; readonly reason: KillReason } & OfWorker)
  | ({
      readonly kind: 'recycling';
      readonly reason: RecycleReason;
      readonly heapFill: number | undefined;
    } & OfWorker)
  /** of: the connections of all workers. */
  | ({
      readonly kind: 'accept_paused';
      readonly connections: number;
      readonly of: readonly number[];
    } & OfWorker)
  | ({ readonly kind: 'accept_resumed'; readonly connections: number | undefined } & OfWorker)
  | ({ readonly kind: 'memory_unknown' } & OfWorker)
  | {
      readonly kind: 'standby_greedy';
      readonly pid: number | undefined;
      readonly memoryBytes: number;
      readonly limitBytes: number;
    }
  | {
      readonly kind: 'recycled';
      readonly workerId: number;
      readonly pid: number | undefined;
      readonly oldPid: number | undefined;
      readonly reason: RecycleReason;
    }
  | {
      readonly kind: 'recycle_failed';
      readonly workerId: number;
      readonly reason: RecycleReason;
      readonly why: string;
      readonly retryMs: number;
    }
  | { readonly kind: 'rollout_over'; readonly isRolling: boolean; readonly result: RestartResult }
  | ({
      readonly kind: 'lingers';
      readonly reason: KillReason | undefined;
      readonly connections: number;
      readonly lingering: number;
    } & OfWorker);
