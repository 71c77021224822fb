import type { EngineConfig } from '../config/engine-config';
import type { ServerState } from '../contract/status';
import type { ChildExit } from '../watch/child-exit';
import type { ServerSlot } from './server-slot';

/** A server process that has not ended, as its supervisor knows it. */
export interface KnownServer<S> {
  readonly server: S;
  /** What it said last. */
  readonly state: ServerState;
  /** A worker of it is in run(). */
  readonly isUp: boolean;
  /** It has said what became of the workers that it began with, or never will. */
  readonly isRoundOver: boolean;
  /** It was told to end by a live restart, and goes on by itself until it does. */
  readonly isDetached: boolean;
  /** It has closed its copies of all sockets. */
  readonly isWithoutSockets: boolean;
  /** Its workers ended for good. */
  readonly isFinal: boolean;
  /** Why it is not going to be up. */
  readonly failure: string | undefined;
}

/** All that a supervisor knows. */
export interface SupervisorLife<S> {
  readonly place: ServerSlot<S>;
  /** In the order of their starts. */
  readonly servers: readonly KnownServer<S>[];
  /** Counts the starts. */
  readonly generation: number;
  /** Some server was up. */
  readonly wasUp: boolean;
  readonly lastStartAt: number;
  readonly crashTimes: readonly number[];
  /** Starts in a row for which the system had no process. */
  readonly failedSpawns: number;
  readonly areSocketsClosed: boolean;
  readonly isFinished: boolean;
}

export type SupervisorEvent<S> =
  | { readonly kind: 'begin' }
  | { readonly kind: 'started'; readonly server: S; readonly hasProcess: boolean }
  | { readonly kind: 'state'; readonly server: S; readonly state: ServerState }
  /** isFollowed: it says first_round as well. */
  | { readonly kind: 'up'; readonly server: S; readonly isFollowed: boolean }
  | { readonly kind: 'first_round'; readonly server: S }
  /** A worker has failed before any was up. */
  | { readonly kind: 'trying'; readonly why: string }
  /** It is not going to be up. isHopeless: none after it would be. */
  | { readonly kind: 'failed'; readonly server: S; readonly why: string; readonly isHopeless: boolean }
  | { readonly kind: 'unrecoverable'; readonly server: S }
  | { readonly kind: 'sockets_let_go'; readonly server: S }
  /** isWished: we have ended it, and not because something was wrong with it. */
  | { readonly kind: 'exited'; readonly server: S; readonly exit: ChildExit; readonly isWished: boolean }
  | { readonly kind: 'due' }
  | { readonly kind: 'restart' }
  | { readonly kind: 'detach'; readonly until: number; readonly leaves: boolean }
  /** For good. The first status counts. */
  | { readonly kind: 'end'; readonly status: number };

export type SupervisorAction =
  /** Of a server. */
  | { readonly kind: 'start' }
  /** The supervisor ends, servers that finish go on without it. */
  | { readonly kind: 'leave' }
  | { readonly kind: 'tell_up' }
  | { readonly kind: 'tell_trying'; readonly why: string }
  | { readonly kind: 'give_up'; readonly because: 'never_up' | 'crash_limit'; readonly why: string }
  /** The final stop: only the workers still accept from the sockets. They take what waits before they close their copies. */
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
