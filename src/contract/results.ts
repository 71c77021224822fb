/** The worker that halted a rollout, and why. */
export interface RolloutFailure {
  /** The group of the worker. */
  readonly group: string;
  /** Its id within the group. */
  readonly workerId: number;
  /** What kept its replacement from becoming ready. */
  readonly why: string;
}

/** The outcome of a command. `ok: false` means that it was not carried out, or not to its end; `reason` says why. */
export interface CommandResult {
  /** Whether the command was carried out to its end. */
  readonly ok: boolean;
  /** Why the command was not carried out. */
  readonly reason?: string | undefined;
}

/**
 * held: every worker was replaced, and the new ones are ready · halted: a replacement did not become ready; with the strategy
 * rolling the old workers stay · overtaken: another restart, or a stop, came first.
 */
export type RestartOutcome = 'held' | 'halted' | 'overtaken';

/** The outcome of restart(). */
export interface RestartResult extends CommandResult {
  /** Undefined if the restart did not begin. */
  readonly outcome?: RestartOutcome | undefined;
  /** How many new workers are ready. */
  readonly replaced: number;
  /** How many old workers stay. */
  readonly kept: number;
  /** The worker that halted the restart. */
  readonly failed?: RolloutFailure | undefined;
  /** How long the restart took, in milliseconds. */
  readonly tookMs: number;
}

/** The outcome of reload(). */
export interface ReloadResult extends CommandResult {
  /** Keys whose new value is in force. */
  readonly changed: readonly string[];
  /** Keys whose new value takes effect at the next start of the whole tree. */
  readonly needsRestart: readonly string[];
}

/** The outcome of scale(). */
export interface ScaleResult extends CommandResult {
  /** The number of workers that was set before. */
  readonly from: number;
  /** The number of workers that is set now. */
  readonly to: number;
}

/** The outcome of detach() and upgrade(). */
export interface TakeoverResult extends CommandResult {
  /** The pid of the process that has taken over. */
  readonly pid?: number | undefined;
}

/** The outcome of a message to one receiver. `ok: false` means that its hook has not, or not wholly, handled the message. */
export interface MessageResult {
  /** Whether onMessage() of the receiver has returned, or its promise has resolved. */
  readonly ok: boolean;
  /** Why the message was not handled. */
  readonly reason?: string | undefined;
}

/** A worker that has not handled a broadcast, and why. */
export interface UnreachedWorker {
  /** The group of the worker. */
  readonly group: string;
  /** Its id within the group. */
  readonly workerId: number;
  /** Why the worker has not handled the message. */
  readonly reason: string;
}

/** The outcome of broadcast(). */
export interface BroadcastResult {
  /** Whether every worker that was alive has handled the message. */
  readonly ok: boolean;
  /** How many workers have handled the message. */
  readonly reached: number;
  /** The workers that have not. */
  readonly failed: readonly UnreachedWorker[];
}
