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

/** Why the pool has ended. */
export type PoolEnd =
  /** By a command. If a worker ended with one of unrecoverableExitCodes before, this is the last such status. */
  | { readonly kind: 'stopped'; readonly unrecoverableStatus?: number }
  /** No worker came up at the start. */
  | { readonly kind: 'never_up'; readonly why: string }
  /** There were more crashes than maxRestarts within maxRestartsPeriod. */
  | { readonly kind: 'crash_limit' }
  /** Every worker ended with one of unrecoverableExitCodes, or with stopImmediatelyAtUnrecoverableExit the first one. */
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
  /** The last crash, on the monotonic clock. */
  readonly crashedAt?: number | undefined;
}

/** The workers of one type. No method waits: the request is carried out, and `ended` resolves when the pool is over. */
export interface WorkerPool {
  start(): void;
  /** isAwaited: the next server starts when this one has ended. */
  stop(graceful: boolean, isAwaited?: boolean): void;
  /**
   * Resolves when the new workers are ready, when one of them has failed, or when another command comes first. Never
   * rejects.
   */
  restart(graceful: boolean): Promise<RestartResult>;
  /** The configuration was replaced: apply it to the pool, and notify the workers. */
  reload(): void;
  /** Sets the number of workers until the next reload; the surplus is stopped gracefully. */
  scale(workers: number): ScaleResult;
  /** How many workers there should be. */
  readonly target: number;
  /** worker: dump only this one. Returns whether any worker is there to dump. */
  dump(worker?: number): boolean;
  views(): readonly WorkerView[];
  /** Why its workers take no messages, if they do not. */
  readonly whyNoMessages: string | undefined;
  /** Sends the message to every living worker. Never rejects. */
  broadcast(body: Uint8Array): Promise<BroadcastResult>;
  status(): PoolStatus;
  /** The metrics of the programs in its workers. Answers within seconds; never rejects. */
  metrics(): Promise<readonly ProgramMetrics[]>;
  /** A worker has entered run() and did not fail at once. */
  readonly up: Promise<void>;
  readonly ended: Promise<PoolEnd>;
}

/** The exit status for workers that crash too often (EX_TEMPFAIL): a process above should look at it. */
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

/** The reason, for a pool in which no worker came up. */
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
