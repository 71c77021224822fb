/** Of what level the record of a death is. */
type DeathLevel = 'info' | 'error';

interface ReasonTraits {
  /** Somebody, or a setting, wanted this end: it is no fault of the worker. */
  readonly isWished: boolean;
  /** It counts for maxRestarts and the backoff of restarts. */
  readonly isCrash: boolean;
  readonly level: DeathLevel;
}

const WISHED: ReasonTraits = { isWished: true, isCrash: false, level: 'info' };
const FORCED: ReasonTraits = { isWished: false, isCrash: true, level: 'error' };

/** Every reason for the end of a worker: the same list in log, events, status and metrics. */
const REASONS = {
  stop: WISHED,
  restart: WISHED,
  reload: WISHED,
  scale_down: WISHED,
  upgrade: WISHED,
  max_memory: WISHED,
  max_age: WISHED,
  max_jobs: WISHED,
  standby_refresh: WISHED,
  /** It missed its heartbeats. */
  heartbeat_timeout: FORCED,
  /** It closed its heartbeat pipe. */
  heartbeat_closed: FORCED,
  /** It did not end within the graceful timeout of a stop. */
  graceful_timeout: FORCED,
  /** It did not end within the immediate timeout of a stop. */
  immediate_timeout: FORCED,
  /** A replacement that was not ready in time. */
  ready_timeout: FORCED,
  /** It ended by itself, or somebody else has ended it. */
  crash: FORCED,
  /** It ended with one of unrecoverableExitCodes. */
  unrecoverable: { isWished: false, isCrash: false, level: 'error' },
  /** Memory was short: its heap was full, or the kernel killed it. */
  oom: FORCED,
} as const satisfies Readonly<Record<string, ReasonTraits>>;

/** Why a worker ended. */
export type EndReason = keyof typeof REASONS;

/** Why we set out to end a worker: those that we can give. */
export type KillReason = Exclude<EndReason, 'crash' | 'unrecoverable' | 'oom'>;

export function traitsOf(reason: EndReason): ReasonTraits {
  return REASONS[reason];
}

/** A reason that lies with us; the others lie with the worker. False without a reason. */
export function isWished(reason: EndReason | undefined): boolean {
  return reason !== undefined && REASONS[reason].isWished;
}
