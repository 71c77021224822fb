import type { ReloadResult, RestartOutcome, RolloutFailure } from './results';
import type { DeathRecord, ServerState, TemplateStatus, WorkerStart } from './status';

/** The worker that an event is about. */
export interface WorkerEvent {
  /** The group of the worker. */
  readonly group: string;
  /** Its id within the group. */
  readonly workerId: number;
  /** Counts the starts under this worker id, from 1. */
  readonly generation: number;
  /** The pid of the worker process; for a thread or an embedded worker that of the server. */
  readonly pid: number | undefined;
}

/** The progress of a restart of workers. */
export interface RolloutEvent {
  /** The group that is restarted. */
  readonly group: string;
  /** The progress of the restart, or its outcome. */
  readonly kind: 'begun' | 'progress' | RestartOutcome;
  /** How many new workers are ready. */
  readonly replaced: number;
  /** How many old workers must still be replaced, or stay because the restart halted. */
  readonly left: number;
  /** The worker that halted the restart. */
  readonly failed?: RolloutFailure | undefined;
}

/** The template of a group has changed its state. */
export interface TemplateEvent extends TemplateStatus {
  /** The group whose workers are forked from it. */
  readonly group: string;
  /** How the next worker of the group is started. `spawn`: workers are not forked, and `reason` says why. */
  readonly startInUse: WorkerStart;
}

/** The events of `engine.on()`. Each process has its own: events about workers come in the server process. */
export interface EngineEvents {
  /** The process or thread of a worker has started. */
  readonly workerStarted: WorkerEvent & {
    /** How the process was started. Undefined for workers that are not of the type `process`. */
    readonly start?: WorkerStart | undefined;
  };
  /** A worker can serve. */
  readonly workerReady: WorkerEvent & {
    /** Time from the start of the worker until it could serve. */
    readonly startMs: number;
  };
  /** A worker has ended, or could not be started. */
  readonly workerExited: DeathRecord;
  /** The state of a server has changed. */
  readonly serverState: {
    /** The new state. */
    readonly state: ServerState;
    /** The pid of the server process. */
    readonly pid: number;
    /** Counts the server processes of the tree, from 1. */
    readonly generation: number;
  };
  /** With `workerStart: 'fork'`: the process from which workers are forked is ready, is gone, or cannot be forked. */
  readonly templateState: TemplateEvent;
  /** A restart of workers has begun, has progressed, or is over. */
  readonly rollout: RolloutEvent;
  /** The configuration was read again; with `ok: false` the last good one stays in force. */
  readonly configReloaded: ReloadResult;
}

/** The names that on() and off() take. */
export type EngineEventName = keyof EngineEvents;

const EVENTS: Readonly<Record<EngineEventName, true>> = {
  workerStarted: true,
  workerReady: true,
  workerExited: true,
  serverState: true,
  templateState: true,
  rollout: true,
  configReloaded: true,
};

/** The names of all events. */
export const ENGINE_EVENTS = Object.keys(EVENTS) as readonly EngineEventName[];

/**
 * The events that a server process sends to its supervisor. `serverState` is not among them: the supervisor itself announces
 * it, even for a server that has died.
 */
const FORWARDED = {
  workerStarted: true,
  workerReady: true,
  workerExited: true,
  templateState: true,
  rollout: true,
  configReloaded: true,
} as const satisfies Readonly<Partial<Record<EngineEventName, true>>>;

export type ForwardedEventName = keyof typeof FORWARDED;

/** One event with its payload. */
export type ForwardedEvent = {
  readonly [E in ForwardedEventName]: { readonly event: E; readonly payload: EngineEvents[E] };
}[ForwardedEventName];

export function isForwarded(event: unknown): event is ForwardedEventName {
  return typeof event === 'string' && Object.hasOwn(FORWARDED, event);
}
