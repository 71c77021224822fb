import type { EngineConfig } from '../config/engine-config';
import type { ServerState } from '../contract/status';
import type { ChildExit } from '../watch/child-exit';
import type { ServerSlot } from './server-slot';

/** A server process that has not ended, as its supervisor knows it. */
export interface KnownServer<S> {
  readonly server: S;
  /** The state that it last reported. */
  readonly state: ServerState;
  /** One of its workers is in run(). */
  readonly isUp: boolean;
  /** It has reported the result for its first workers, or never will. */
  readonly isRoundOver: boolean;
  /** A live restart told it to end, and it goes on by itself until then. */
  readonly isDetached: boolean;
  /** It has closed its copies of all sockets. */
  readonly isWithoutSockets: boolean;
  /** Its workers have ended with unrecoverable exit codes. */
  readonly isFinal: boolean;
  /** Why it will not come up. */
  readonly failure: string | undefined;
}

/** Everything that a supervisor knows. */
export interface SupervisorLife<S> {
  readonly slot: ServerSlot<S>;
  /** In the order of their starts. */
  readonly servers: readonly KnownServer<S>[];
  /** Counts the starts. */
  readonly generation: number;
  /** Some server was up. */
  readonly wasUp: boolean;
  readonly lastStartAt: number;
  readonly crashTimes: readonly number[];
  /** Consecutive starts for which the system had no process. */
  readonly failedSpawns: number;
  readonly areSocketsClosed: boolean;
  readonly isFinished: boolean;
}

export type SupervisorEvent<S> =
  | { readonly kind: 'begin' }
  | { readonly kind: 'started'; readonly server: S; readonly hasProcess: boolean }
  | { readonly kind: 'state'; readonly server: S; readonly state: ServerState }
  /** isFollowed: first_round is reported as well. */
  | { readonly kind: 'up'; readonly server: S; readonly isFollowed: boolean }
  | { readonly kind: 'first_round'; readonly server: S }
  /** A worker has failed before any was up. */
  | { readonly kind: 'trying'; readonly why: string }
  /** It will not come up. isHopeless: nor would any other. */
  | { readonly kind: 'failed'; readonly server: S; readonly why: string; readonly isHopeless: boolean }
  | { readonly kind: 'unrecoverable'; readonly server: S }
  | { readonly kind: 'sockets_let_go'; readonly server: S }
  /** isIntended: we ended it, and not because something was wrong with it. */
  | { readonly kind: 'exited'; readonly server: S; readonly exit: ChildExit; readonly isIntended: boolean }
  | { readonly kind: 'due' }
  | { readonly kind: 'restart' }
  | { readonly kind: 'detach'; readonly until: number; readonly leaves: boolean }
  /** Final; the first status counts. */
  | { readonly kind: 'end'; readonly status: number };

export type SupervisorAction =
  /** Start a server process. */
  | { readonly kind: 'start' }
  /** The supervisor ends; servers that still finish go on without it. */
  | { readonly kind: 'leave' }
  | { readonly kind: 'tell_up' }
  | { readonly kind: 'tell_trying'; readonly why: string }
  | { readonly kind: 'give_up'; readonly because: 'never_up' | 'crash_limit'; readonly why: string }
  /**
   * The final stop: now only the workers accept from the sockets. They accept what is queued before they close their
   * copies.
   */
  | { readonly kind: 'close_sockets' }
  | { readonly kind: 'finish'; readonly status: number };

export interface SupervisorStep<S> {
  readonly life: SupervisorLife<S>;
  readonly actions: readonly SupervisorAction[];
}

export interface SupervisorContext {
  readonly now: number;
  readonly engine: EngineConfig;
  readonly random: () => number;
}
