import type { EndReason } from './end-reasons';

/**
 * waiting: not started yet · starting: has a process, but has not entered run() · running: in run() · draining: accepts
 * nothing new and finishes what it has begun · stopping: must stop · standby: has loaded the program and waits in reserve ·
 * over: ended permanently.
 */
export type WorkerStatusState =
  | 'waiting'
  | 'starting'
  | 'running'
  | 'draining'
  | 'stopping'
  | 'standby'
  | 'over';

/** How a worker process is started: as a program of its own, or as a copy of a process that has loaded the program. */
export type WorkerStart = 'spawn' | 'fork';

/** What a worker reports with its heartbeat. A value is undefined if the worker does not report it, or if there is no worker. */
export interface WorkerFigures {
  /** Resident memory of the process. */
  readonly rssBytes?: number | undefined;
  /** JavaScript heap that is in use. */
  readonly heapUsedBytes?: number | undefined;
  /** How full the JavaScript heap is, 0 to 1: without young objects, as a share of `workerHeapLimit` or of Node's limit. */
  readonly heapFill?: number | undefined;
  /** The longest delay of the event loop since the last heartbeat. */
  readonly loopDelayMs?: number | undefined;
  /** Share of time, 0 to 1, in which the event loop was busy since the last heartbeat. */
  readonly utilization?: number | undefined;
  /** Jobs that the worker has counted with jobDone(). */
  readonly jobs?: number | undefined;
  /** Number of open connections. */
  readonly connections?: number | undefined;
  /** Time since the last heartbeat of the event loop. */
  readonly heartbeatAgeMs?: number | undefined;
}

/** Why a worker missed its heartbeats. */
export interface HangCause {
  /** blocked: the event loop did not turn · frozen: the process did not run (SIGSTOP, a freezer). */
  readonly kind: 'blocked' | 'frozen';
  /** In words, as far as the kernel shows it. */
  readonly why: string;
}

/** How a worker ended: one record for log, events and status. */
export interface DeathRecord {
  /** The group of the worker. */
  readonly group: string;
  /** Its id within the group. */
  readonly workerId: number;
  /** Counts the starts under this worker id, from 1. */
  readonly generation: number;
  /** Undefined if the worker could not be started. */
  readonly pid: number | undefined;
  /** Undefined if the worker returned by itself with status 0. */
  readonly reason: EndReason | undefined;
  /** Exit status; null if a signal ended the worker. */
  readonly code: number | null;
  /** The signal that ended the worker. */
  readonly signal: NodeJS.Signals | null;
  /** Time from the start of the worker to its end. */
  readonly uptimeMs: number;
  /** Time from the stop command (or from when the worker began to stop by itself) to its end. Undefined without a stop. */
  readonly drainMs?: number | undefined;
  /** Resident memory at the last heartbeat. */
  readonly rssBytes?: number | undefined;
  /** What the status or the signal does not say, such as that memory was short. */
  readonly likelyCause?: string | undefined;
  /** For a worker that missed its heartbeats (`heartbeat_timeout`): whether it was blocked or frozen. */
  readonly hang?: HangCause['kind'] | undefined;
  /** The last lines that the worker wrote; only for an unexpected end. */
  readonly lastLines?: readonly string[] | undefined;
  /** For a spawn worker with killTree: how many processes of its group were left when it ended. They were killed. */
  readonly leftProcesses?: number | undefined;
  /** Why the worker could not be started; for an embedded worker, the error of its run(). */
  readonly error?: string | undefined;
  /** Wall time, milliseconds since 1970. */
  readonly at: number;
}

/** One worker in `status().workers`. */
export interface WorkerStatus extends WorkerFigures {
  /** The group of the worker. */
  readonly group: string;
  /** Its id within the group. */
  readonly workerId: number;
  /** Undefined if there is no process at the moment. */
  readonly pid: number | undefined;
  /** The state of the worker. */
  readonly state: WorkerStatusState;
  /** The worker can serve (see `workerReady`), and does not have to stop. */
  readonly ready: boolean;
  /** How the process was started. Undefined if there is no process, and for workers that are not of the type `process`. */
  readonly start?: WorkerStart | undefined;
  /** Counts the starts under this worker id, from 1. */
  readonly generation: number;
  /** Time since the start of the worker. */
  readonly uptimeMs: number;
  /** Number of starts after the first. */
  readonly restarts: number;
  /** How the last worker of this id ended. */
  readonly lastExit: DeathRecord | undefined;
}

/** One worker of the reserve in `status().standby`. */
export interface StandbyStatus extends WorkerFigures {
  /** The group of the worker. */
  readonly group: string;
  /** Undefined if there is no process yet. */
  readonly pid: number | undefined;
  /** starting: loads the program · standby: waits for a worker id · stopping: must stop. */
  readonly state: 'starting' | 'standby' | 'stopping';
  /** How the process was started. Undefined if there is no process, and for workers that are not of the type `process`. */
  readonly start?: WorkerStart | undefined;
  /** Time in the state standby; while it starts or stops, time since its start. */
  readonly uptimeMs: number;
}

/**
 * waiting: not there yet, begins with the next start of a worker · loading: loads the program · ready: workers are forked
 * from it · lost: it ended by itself or did not answer, the next one begins in `retryMs` · refused: the program cannot be
 * forked as it was loaded, the next restart tries again · off: not again before the server process is replaced.
 */
export type TemplateState = 'waiting' | 'loading' | 'ready' | 'lost' | 'refused' | 'off';

/** The template of a group with `workerStart: 'fork'`: the process from which its workers are forked. */
export interface TemplateStatus {
  /** The state of the template. */
  readonly state: TemplateState;
  /** Undefined if there is no process. */
  readonly pid: number | undefined;
  /** Time since the start of the process. */
  readonly uptimeMs: number;
  /** Why workers are spawned instead. Undefined while they are forked. */
  readonly reason?: string | undefined;
  /** In the state lost: time until the next template begins. */
  readonly retryMs?: number | undefined;
}

/** One group of workers in `status().groups`. */
export interface GroupStatus {
  /** The name of the group. */
  readonly name: string;
  /** The type of its workers. */
  readonly type: 'embedded' | 'thread' | 'process' | 'spawn';
  /** How many workers there should be. */
  readonly target: number;
  /** How a restart replaces its workers: the key `restartStrategy`. */
  readonly strategy: 'auto' | 'all' | 'rolling';
  /** The key `workerStart`. Only workers of the type `process` can be forked. */
  readonly start: WorkerStart;
  /** How the next worker is started: with `start: 'fork'`, workers are spawned if forking is not possible. */
  readonly startInUse: WorkerStart;
  /** Only with `start: 'fork'`. */
  readonly template?: TemplateStatus | undefined;
}

/** A restart of workers that has not ended yet. */
export interface RolloutStatus {
  /** Wall time, milliseconds since 1970. */
  readonly startedAt: number;
  /** The group that is restarted. */
  readonly group: string;
  /** How many new workers are ready. */
  readonly replaced: number;
  /** How many old workers must still be replaced. */
  readonly left: number;
}

/** preparing: in beforeRun() · running · draining: still accepts, and stops after `drainDelay` · stopping · finished. */
export type ServerState = 'preparing' | 'running' | 'draining' | 'stopping' | 'finished';

/** The whole engine at one moment. Times of day are milliseconds since 1970. */
export interface EngineStatus {
  /** The version of the package. */
  readonly version: string;
  /** The pid of the main process. */
  readonly pid: number;
  /** What the main process is. */
  readonly role: 'server' | 'supervisor';
  /** The state of the server. */
  readonly state: ServerState;
  /** When the main process started. */
  readonly startedAt: number;
  /** Time since then. */
  readonly uptimeMs: number;
  /** When a reload last put a configuration into force. */
  readonly reloadedAt: number | undefined;
  /** The restart of workers that is running now. */
  readonly rollout: RolloutStatus | undefined;
  /** The listening sockets that the engine holds. */
  readonly sockets: readonly string[];
  /** Every group of workers. */
  readonly groups: readonly GroupStatus[];
  /** Every worker, and every worker id that waits for a start. */
  readonly workers: readonly WorkerStatus[];
  /** Workers in reserve. */
  readonly standby: readonly StandbyStatus[];
  /** The last 20 deaths. */
  readonly deaths: readonly DeathRecord[];
}
