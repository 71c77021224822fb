import type { EndReason } from './end-reasons';

/**
 * waiting: to be started · starting: process made, run() not yet entered · running: in run() · draining: it accepts
 * nothing new and finishes what it has begun · stopping: told to stop · standby: loaded, waits for a place to take ·
 * over: ended for good.
 */
export type WorkerStatusState =
  'waiting' | 'starting' | 'running' | 'draining' | 'stopping' | 'standby' | 'over';

/** What a worker says of itself with its heartbeat. Undefined: it does not say, or there is no worker. */
export interface WorkerFigures {
  readonly rssBytes?: number | undefined;
  readonly heapUsedBytes?: number | undefined;
  /** The longest delay of its event loop since its last heartbeat. */
  readonly loopDelayMs?: number | undefined;
  /** Share of the time that its event loop was busy, 0 to 1, since its last heartbeat. */
  readonly utilization?: number | undefined;
  readonly jobs?: number | undefined;
  readonly connections?: number | undefined;
}

/** How a worker ended: one record for log, events and status. */
export interface DeathRecord {
  readonly group: string;
  readonly workerId: number;
  readonly generation: number;
  readonly pid: number | undefined;
  /** Undefined: it returned by itself, with status 0. */
  readonly reason: EndReason | undefined;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly uptimeMs: number;
  readonly rssBytes?: number | undefined;
  /** What a status or a signal by itself does not say. */
  readonly likelyCause?: string | undefined;
  /** The last lines that it wrote; of an unexpected end only. */
  readonly lastLines?: readonly string[] | undefined;
  /** Why it never came to be. */
  readonly error?: string | undefined;
  /** Wall time, milliseconds since 1970. */
  readonly at: number;
}

/** One worker, as `status().workers` has it. */
export interface WorkerStatus extends WorkerFigures {
  readonly group: string;
  readonly workerId: number;
  readonly pid: number | undefined;
  readonly state: WorkerStatusState;
  /** Counts the starts under this worker id, from 1. */
  readonly generation: number;
  readonly uptimeMs: number;
  /** Starts after the first. */
  readonly restarts: number;
  readonly lastExit: DeathRecord | undefined;
}

/** One group of workers, as `status().groups` has it. */
export interface GroupStatus {
  readonly name: string;
  readonly type: 'embedded' | 'thread' | 'process' | 'spawn';
  /** How many workers there are to be. */
  readonly target: number;
  readonly strategy: 'auto' | 'all' | 'rolling';
}

/** A restart of workers that is under way. */
export interface RolloutStatus {
  readonly startedAt: number;
  readonly group: string;
  readonly replaced: number;
  readonly left: number;
}

/** preparing: beforeRun() · running · draining: it still accepts, and is about to stop · stopping · finished. */
export type ServerState = 'preparing' | 'running' | 'draining' | 'stopping' | 'finished';

/** The whole engine at one moment. Times of day are milliseconds since 1970. */
export interface EngineStatus {
  /** Of the package. */
  readonly version: string;
  /** Of the process at the top. */
  readonly pid: number;
  readonly role: 'server' | 'supervisor';
  readonly state: ServerState;
  readonly startedAt: number;
  readonly uptimeMs: number;
  /** When a configuration was last taken by a reload. */
  readonly reloadedAt: number | undefined;
  readonly rollout: RolloutStatus | undefined;
  /** The listening sockets that the engine holds. */
  readonly sockets: readonly string[];
  readonly groups: readonly GroupStatus[];
  readonly workers: readonly WorkerStatus[];
  readonly standby: readonly WorkerStatus[];
  /** The last 20. */
  readonly deaths: readonly DeathRecord[];
}
