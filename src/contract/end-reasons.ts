/** The level of a death record in the log. */
type DeathLevel = 'info' | 'error';

interface ReasonTraits {
  /** A command or a setting asked for this end: it is not the worker's fault. */
  readonly isIntended: boolean;
  /** It counts for maxRestarts and the backoff of restarts. */
  readonly isCrash: boolean;
  readonly level: DeathLevel;
}

const INTENDED: ReasonTraits = { isIntended: true, isCrash: false, level: 'info' };
const FORCED: ReasonTraits = { isIntended: false, isCrash: true, level: 'error' };

/** Every reason for the end of a worker: the same list in log, events, status and metrics. */
const REASONS = {
  /** The engine was stopped, or the server process was. */
  stop: INTENDED,
  /** A restart replaced the worker. */
  restart: INTENDED,
  /** Reserved: no reload ends a worker today. */
  reload: INTENDED,
  /** The number of workers was reduced. */
  scale_down: INTENDED,
  /** Reserved: an upgrade ends the workers of the old tree with `stop`. */
  upgrade: INTENDED,
  /** The worker used more than `workerMaxMemory` and was replaced. */
  max_memory: INTENDED,
  /** The worker was older than `workerMaxAge` and was replaced. */
  max_age: INTENDED,
  /** The worker had done `workerMaxJobs` jobs and was replaced. */
  max_jobs: INTENDED,
  /** A standby was started again, so that it has the current code and configuration. */
  standby_refresh: INTENDED,
  /** The worker missed its heartbeats: see `hang` of the record. */
  heartbeat_timeout: FORCED,
  /** The worker closed its heartbeat pipe. */
  heartbeat_closed: FORCED,
  /** The worker did not end within the graceful timeout of a stop. */
  graceful_timeout: FORCED,
  /** The worker did not end within the immediate timeout of a stop. */
  immediate_timeout: FORCED,
  /** The worker was not ready in time. */
  ready_timeout: FORCED,
  /** The worker ended by itself, or something outside the engine ended it. */
  crash: FORCED,
  /** The worker ended with one of unrecoverableExitCodes. */
  unrecoverable: { isIntended: false, isCrash: false, level: 'error' },
  /** Memory was short: the worker's heap was full, or the kernel killed the worker. */
  oom: FORCED,
} as const satisfies Readonly<Record<string, ReasonTraits>>;

/** Why a worker ended. */
export type EndReason = keyof typeof REASONS;

/** The reasons for which the engine ends a worker. */
export type KillReason = Exclude<EndReason, 'crash' | 'unrecoverable' | 'oom'>;

export function traitsOf(reason: EndReason): ReasonTraits {
  return REASONS[reason];
}

/** Whether the engine ended the worker. False without a reason. */
export function isIntended(reason: EndReason | undefined): boolean {
  return reason !== undefined && REASONS[reason].isIntended;
}
