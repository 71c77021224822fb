import type { KillReason } from '../contract/end-reasons';
import type { RestartResult } from '../contract/results';
import type { ChildExit } from '../watch/child-exit';
import type { PoolFate, RecycleReason, Serial, StartFailure } from './pool-state';
import type { Measure } from './recycles';

/** What happens to a pool. */
export type PoolEvent =
  | { readonly kind: 'start' }
  | { readonly kind: 'stop'; readonly graceful: boolean; readonly isAwaited: boolean }
  /** listening: those that accept from a socket of the engine at this moment. */
  | { readonly kind: 'restart'; readonly graceful: boolean; readonly listening: ReadonlySet<Serial> }
  | { readonly kind: 'scale'; readonly to: number }
  /** Settings have changed, or time has passed. */
  | { readonly kind: 'look' }
  | {
      readonly kind: 'launched';
      readonly serial: Serial;
      readonly pid: number | undefined;
      readonly startedAt: number;
    }
  | { readonly kind: 'launch_failed'; readonly serial: Serial; readonly error: Error }
  /** Nobody wanted it any more, so it was not made. */
  | { readonly kind: 'launch_left'; readonly serial: Serial }
  /** A worker of the reserve has loaded the program, and waits. */
  | { readonly kind: 'standby_ready'; readonly serial: Serial }
  /** The configuration was read again; `to` is the new number of workers. */
  | { readonly kind: 'reloaded'; readonly to: number }
  /** It hangs: it is being ended, which may take a while. */
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
  /** What the action `measure` has found. */
  | { readonly kind: 'measured'; readonly measures: ReadonlyMap<Serial, Measure> }
  | {
      readonly kind: 'exited';
      readonly serial: Serial;
      readonly exit: ChildExit;
      /** Set when we ended it. */
      readonly reason: KillReason | undefined;
    };

/** What a pool must do. */
export type PoolAction =
  /** assign: that standby becomes it. */
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
      /** How full its heap was, where that is why. */
      readonly heapFill?: number | undefined;
    }
  /** Look how much memory and how many jobs every worker has: the event `measured`. */
  | { readonly kind: 'measure' }
  /** Others are to accept for so long; 0: it accepts again. */
  | { readonly kind: 'pause_accepting'; readonly serial: Serial; readonly forMs: number }
  /** The first worker is up. */
  | { readonly kind: 'up' }
  | { readonly kind: 'everybody_is_up' }
  /** A worker has failed before any was up. */
  | { readonly kind: 'trying'; readonly failure: StartFailure }
  /** It gives up: the Server object hears of a stop. */
  | { readonly kind: 'stop_server' }
  | { readonly kind: 'answer'; readonly rollout: number; readonly result: RestartResult }
  | { readonly kind: 'say'; readonly news: PoolNews }
  | { readonly kind: 'end'; readonly fate: PoolFate };

/** A worker that is spoken of. */
interface OfWorker {
  readonly workerId: number;
  readonly generation: number;
  readonly pid: number | undefined;
}

/**
 * What a pool has to tell: each is one sentence of the log, and some are events for the user's program. News of a
 * worker follow the record of the death that they are about.
 */
export type PoolNews =
  | ({ readonly kind: 'started' } & OfWorker)
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
  /** of: the connections of all. */
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
