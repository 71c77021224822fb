import type { EndReason } from './end-reasons';

/**
 * waiting: to be started · starting: process made, run() not yet entered · running: in run() · draining: it accepts
 * nothing new and finishes what it has begun · stopping: told to stop · standby: loaded, waits for a place to take ·
 * over: ended for good.
 */
export type WorkerStatusState =
  | 'waiting'
  | 'starting'
  | 'running'
  | 'draining'
  | 'stopping'
  | 'standby'
  | 'over';

/** What a worker says of itself with its heartbeat. Undefined: it does not say, or there is no worker. */
export interface WorkerFigures {
  /** Memory of its process. */
  readonly rssBytes?: number | undefined;
  /** Memory that its JavaScript uses. */
  readonly heapUsedBytes?: number | undefined;
  /** How full its JavaScript heap is, 0 to 1: without what is young, as a share of `workerHeapLimit` or the limit of Node. */
  readonly heapFill?: number | undefined;
  /** The longest delay of its event loop since its last heartbeat. */
  readonly loopDelayMs?: number | undefined;
  /** Share of the time that its event loop was busy, 0 to 1, since its last heartbeat. */
  readonly utilization?: number | undefined;
  /** What it has counted by jobDone(). */
  readonly jobs?: number | undefined;
  /** Connections that are open. */
  readonly connections?: number | undefined;
  /** How long ago its event loop was last heard of. */
  readonly heartbeatAgeMs?: number | undefined;
}

/** What kept a worker from its heartbeats. */
export interface HangCause {
  /** blocked: its event loop did not turn · frozen: its process did not run (SIGSTOP, a freezer). */
  readonly kind: 'blocked' | 'frozen';
  /** In words, as far as the kernel knows it. */
  readonly why: string;
}

/** How a worker ended: one record for log, events and status. */
export interface DeathRecord {
  /** The group of the worker. */
  readonly group: string;
  /** Its id within the group. */
  readonly workerId: number;
  /** Which start under this worker id it was, from 1. */
  readonly generation: number;
  /** Undefined: it never came to be. */
  readonly pid: number | undefined;
  /** Undefined: it returned by itself, with status 0. */
  readonly reason: EndReason | undefined;
  /** Exit status; null when a signal ended it. */
  readonly code: number | null;
  /** The signal that ended it. */
  readonly signal: NodeJS.Signals | null;
  /** From its start to its end. */
  readonly uptimeMs: number;
  /** From the moment when it was told to stop, or began to by itself, to its end. Undefined: it just ended. */
  readonly drainMs?: number | undefined;
  /** Its memory when it was last heard of. */
  readonly rssBytes?: number | undefined;
  /** What a status or a signal by itself does not say. */
  readonly likelyCause?: string | undefined;
  /** Of one that missed its heartbeats (`heartbeat_timeout`): what it was when it was given up. */
  readonly hang?: HangCause['kind'] | undefined;
  /** The last lines that it wrote; of an unexpected end only. */
  readonly lastLines?: readonly string[] | undefined;
  /** Of a spawn worker with killTree: so many processes of its group were left when it ended, and were ended with it. */
  readonly leftProcesses?: number | undefined;
  /** Why it never came to be; of an embedded worker, what its run() threw. */
  readonly error?: string | undefined;
  /** Wall time, milliseconds since 1970. */
  readonly at: number;
}

/** One worker, as `status().workers` has it. */
export interface WorkerStatus extends WorkerFigures {
  /** The group of the worker. */
  readonly group: string;
  /** Its id within the group. */
  readonly workerId: number;
  /** Undefined: there is none at this moment. */
  readonly pid: number | undefined;
  /** How far it has come. */
  readonly state: WorkerStatusState;
  /** It is able to serve, as `workerReady` says when that is, and was not told to stop. */
  readonly ready: boolean;
  /** Counts the starts under this worker id, from 1. */
  readonly generation: number;
  /** Since its start. */
  readonly uptimeMs: number;
  /** Starts after the first. */
  readonly restarts: number;
  /** How the last worker of this id ended. */
  readonly lastExit: DeathRecord | undefined;
}

/** One worker of the reserve, as `status().standby` has it. */
export interface StandbyStatus extends WorkerFigures {
  /** The group of the worker. */
  readonly group: string;
  /** Undefined: it has no process yet. */
  readonly pid: number | undefined;
  /** starting: it loads the program · standby: it waits for a place · stopping: told to stop. */
  readonly state: 'starting' | 'standby' | 'stopping';
  /** For how long it has been in that state; of one that starts or stops, since its start. */
  readonly uptimeMs: number;
}

/** One group of workers, as `status().groups` has it. */
export interface GroupStatus {
  /** Of the class of its workers. */
  readonly name: string;
  /** Of what its workers are made. */
  readonly type: 'embedded' | 'thread' | 'process' | 'spawn';
  /** How many workers there are to be. */
  readonly target: number;
  /** How a restart replaces them: the key `restartStrategy`. */
  readonly strategy: 'auto' | 'all' | 'rolling';
}

/** A restart of workers that is under way. */
export interface RolloutStatus {
  /** Wall time, milliseconds since 1970. */
  readonly startedAt: number;
  /** The group that is restarted. */
  readonly group: string;
  /** So many new workers are ready. */
  readonly replaced: number;
  /** So many old workers are still to be replaced. */
  readonly left: number;
}

/** preparing: beforeRun() · running · draining: it still accepts, and is about to stop · stopping · finished. */
export type ServerState = 'preparing' | 'running' | 'draining' | 'stopping' | 'finished';

/** The whole engine at one moment. Times of day are milliseconds since 1970. */
export interface EngineStatus {
  /** Of the package. */
  readonly version: string;
  /** Of the main process. */
  readonly pid: number;
  /** What the main process is. */
  readonly role: 'server' | 'supervisor';
  /** Of the server. */
  readonly state: ServerState;
  /** When the main process began. */
  readonly startedAt: number;
  /** Since then. */
  readonly uptimeMs: number;
  /** When a configuration was last taken by a reload. */
  readonly reloadedAt: number | undefined;
  /** The restart of workers that is under way. */
  readonly rollout: RolloutStatus | undefined;
  /** The listening sockets that the engine holds. */
  readonly sockets: readonly string[];
  /** Every group of workers. */
  readonly groups: readonly GroupStatus[];
  /** Every worker, and every place that waits for one. */
  readonly workers: readonly WorkerStatus[];
  /** Workers that are loaded, and wait for a place to take. */
  readonly standby: readonly StandbyStatus[];
  /** The last 20. */
  readonly deaths: readonly DeathRecord[];
}
