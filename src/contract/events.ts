import type { ReloadResult, RestartOutcome, RolloutFailure } from './results';
import type { DeathRecord, ServerState } from './status';

/** A worker, as events name it. */
export interface WorkerEvent {
  /** The group of the worker. */
  readonly group: string;
  /** Its id within the group. */
  readonly workerId: number;
  /** Counts the starts under this worker id, from 1. */
  readonly generation: number;
  /** Of its process; of a thread or an embedded worker that of the server. */
  readonly pid: number | undefined;
}

/** How far a restart of workers has come. */
export interface RolloutEvent {
  /** The group that is restarted. */
  readonly group: string;
  /** How far it has come, or its outcome. */
  readonly kind: 'begun' | 'progress' | RestartOutcome;
  /** So many new workers are ready. */
  readonly replaced: number;
  /** So many old workers are still to be replaced, or stay where it halted. */
  readonly left: number;
  /** The worker that halted it. */
  readonly failed?: RolloutFailure | undefined;
}

/** What `engine.on()` tells, in the process that has it: of workers in the server process. */
export interface EngineEvents {
  /** Its process or thread is made. */
  readonly workerStarted: WorkerEvent;
  /** It is able to serve. */
  readonly workerReady: WorkerEvent & { readonly startMs: number };
  /** A worker has ended, or could not be started. */
  readonly workerExited: DeathRecord;
  /** A server has begun, or has come further. */
  readonly serverState: { readonly state: ServerState; readonly pid: number; readonly generation: number };
  /** A restart of workers has begun, has come further, or is over. */
  readonly rollout: RolloutEvent;
  /** The configuration was read again; with `ok: false` the last good one stays. */
  readonly configReloaded: ReloadResult;
}

/** What on() and off() take. */
export type EngineEventName = keyof EngineEvents;

const EVENTS: Readonly<Record<EngineEventName, true>> = {
  workerStarted: true,
  workerReady: true,
  workerExited: true,
  serverState: true,
  rollout: true,
  configReloaded: true,
};

/** Every event that there is. */
export const ENGINE_EVENTS = Object.keys(EVENTS) as readonly EngineEventName[];

/**
 * What a server process tells its supervisor. Its state is not among them: the supervisor announces that by itself, also
 * of a server that has died.
 */
const FORWARDED = {
  workerStarted: true,
  workerReady: true,
  workerExited: true,
  rollout: true,
  configReloaded: true,
} as const satisfies Readonly<Partial<Record<EngineEventName, true>>>;

export type ForwardedEventName = keyof typeof FORWARDED;

/** One event with what it tells. */
export type ForwardedEvent = {
  readonly [E in ForwardedEventName]: { readonly event: E; readonly payload: EngineEvents[E] };
}[ForwardedEventName];

export function isForwarded(event: unknown): event is ForwardedEventName {
  return typeof event === 'string' && Object.hasOwn(FORWARDED, event);
}
