import type { ProgramMetrics } from '../commands/program-metrics';
import type { EngineConfig } from '../config/engine-config';
import type { BroadcastResult, RestartResult, ScaleResult } from '../contract/results';
import type { WorkerView } from '../contract/server-control';
import type {
  DeathRecord,
  GroupStatus,
  RolloutStatus,
  StandbyStatus,
  WorkerStatus,
} from '../contract/status';

/** Why the workers ended for good. */
export type PoolEnd =
  /** By a command; some worker may have ended with one of unrecoverableExitCodes before, this is the last status. */
  | { readonly kind: 'stopped'; readonly unrecoverableStatus?: number }
  /** At the start no worker came up. */
  | { readonly kind: 'never_up'; readonly why: string }
  /** More crashes than maxRestarts in maxRestartsPeriod. */
  | { readonly kind: 'crash_limit' }
  /** Every worker, or with stopImmediatelyAtUnrecoverableExit the first, ended with one of unrecoverableExitCodes. */
  | { readonly kind: 'unrecoverable'; readonly status: number };

/** A group of workers at one moment: its part of `engine.status()`. */
export interface PoolStatus {
  readonly group: GroupStatus;
  readonly workers: readonly WorkerStatus[];
  readonly standby: readonly StandbyStatus[];
  /** The restart that is running now. */
  readonly rollout: RolloutStatus | undefined;
  /** The last 20, oldest first. */
  readonly deaths: readonly DeathRecord[];
  /** The last crash, on the clock that never jumps. */
  readonly crashedAt?: number | undefined;
}

/** The workers of one type. None of the methods waits: what was asked for happens, and `ended` tells when all is over. */
export interface WorkerPool {
  start(): void;
  /** isAwaited: the next server starts when this one has ended. */
  stop(graceful: boolean, isAwaited?: boolean): void;
  /** Resolves, never rejects, when the new workers are ready, one of them is not going to be, or something else comes first. */
  restart(graceful: boolean): Promise<RestartResult>;
  /** The configuration was replaced: take what concerns the pool, and tell the workers. */
  reload(): void;
  /** Sets the number of workers until the next reload; the surplus is stopped gracefully. */
  scale(workers: number): ScaleResult;
  /** How many workers there should be. */
  readonly target: number;
  /** worker: of this one alone. Returns whether there is any. */
  dump(worker?: number): boolean;
  views(): readonly WorkerView[];
  /** Why its workers take no messages, if so. */
  readonly whyNoMessages: string | undefined;
  /** Sends that message to every worker that is alive. Never rejects. */
  broadcast(body: Uint8Array): Promise<BroadcastResult>;
  status(): PoolStatus;
  /** What the programs of its workers count. Within seconds; never rejects. */
  metrics(): Promise<readonly ProgramMetrics[]>;
  /** A worker has entered run(), and did not fail at once. */
  readonly up: Promise<void>;
  readonly ended: Promise<PoolEnd>;
}

/** Exit status that says: the workers crash too often, somebody above should look at it (EX_TEMPFAIL). */
export const CRASH_LIMIT_STATUS = 75;

export function endStatus(
  end: PoolEnd,
  config: Pick<EngineConfig, 'exitWithWorkerStatus' | 'daemonizeErrorExitCode'>,
): number {
  switch (end.kind) {
    case 'stopped':
      return config.exitWithWorkerStatus ? (end.unrecoverableStatus ?? 0) : 0;
    case 'never_up':
      return config.daemonizeErrorExitCode;
    case 'crash_limit':
      return CRASH_LIMIT_STATUS;
    case 'unrecoverable':
      return config.exitWithWorkerStatus ? end.status : 0;
  }
}

/** Of workers none of which has come up. */
export function whyNeverUp(end: PoolEnd): string {
  switch (end.kind) {
    case 'stopped':
      return 'it was stopped before a worker was up';
    case 'never_up':
      return end.why;
    case 'crash_limit':
      return 'the workers crash too often, and none was ever up (maxRestarts)';
    case 'unrecoverable':
      return `a worker ended with status ${end.status} before any was up (unrecoverableExitCodes)`;
  }
}
