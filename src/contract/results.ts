/** The worker that halted a rollout, and why. */
export interface RolloutFailure {
  /** The group of the worker. */
  readonly group: string;
  /** Its id within the group. */
  readonly workerId: number;
  /** What kept its replacement from getting ready. */
  readonly why: string;
}

/** What came of a command. `ok: false`: it was not carried out, or not to its end, and `reason` says why. */
export interface CommandResult {
  /** Whether it was carried out, to its end. */
  readonly ok: boolean;
  /** Why not. */
  readonly reason?: string | undefined;
}

/**
 * held: every worker was replaced, and the new ones are ready · halted: a replacement did not get ready, the old workers
 * stay where the strategy is rolling · overtaken: another restart, or a stop, came first.
 */
export type RestartOutcome = 'held' | 'halted' | 'overtaken';

/** What came of restart(). */
export interface RestartResult extends CommandResult {
  /** Undefined: it did not begin. */
  readonly outcome?: RestartOutcome | undefined;
  /** So many new workers are ready. */
  readonly replaced: number;
  /** So many old workers stay. */
  readonly kept: number;
  /** The worker that halted it. */
  readonly failed?: RolloutFailure | undefined;
  /** How long it took. */
  readonly tookMs: number;
}

/** What came of reload(). */
export interface ReloadResult extends CommandResult {
  /** Keys whose new value is in force. */
  readonly changed: readonly string[];
  /** Keys whose new value is taken at the next start of the whole tree. */
  readonly needsRestart: readonly string[];
}

/** What came of scale(). */
export interface ScaleResult extends CommandResult {
  /** So many workers there were to be. */
  readonly from: number;
  /** So many there are to be now. */
  readonly to: number;
}

/** What came of detach() and upgrade(). */
export interface TakeoverResult extends CommandResult {
  /** The process that has taken over. */
  readonly pid?: number | undefined;
}
