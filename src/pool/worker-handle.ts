import type { ProgramMetricsAnswer } from '../commands/program-metrics';
import type { HangCause, TemplateStatus, WorkerFigures, WorkerStart } from '../contract/status';
import type { MessageHook } from '../contract/message-hook';
import type { MessageResult } from '../contract/results';
import type { Worker } from '../contract/worker';
import type { LastWords } from '../record/last-words';
import type { KillReason } from '../contract/end-reasons';
import type { ChildExit } from '../watch/child-exit';

/** One worker as the pool sees it, of any type: a process, a thread, a foreign program. */
export interface WorkerHandle {
  /** Undefined: it was never started. For a thread, it is the pid of the server. */
  readonly pid: number | undefined;
  readonly startedAt: number;
  /** Set for a worker process. */
  readonly start?: WorkerStart | undefined;
  readonly isStopping: boolean;
  /** Set once we have begun to end it. */
  readonly reason: KillReason | undefined;
  /** Set once it was given up for missed heartbeats. */
  readonly hang?: HangCause | undefined;
  readonly exited: Promise<ChildExit>;
  /** It has ended, and all of its output was read. */
  readonly drained: Promise<void>;
  /** Its own figures, read now. Empty if it reports none. */
  figures(): WorkerFigures;
  /** The metrics of its program. May never resolve. Absent if the worker cannot be asked, such as a foreign program. */
  metrics?(): Promise<ProgramMetricsAnswer>;
  /** Sends a message to its program. Never rejects. Absent if it takes none. */
  send?(body: Uint8Array): Promise<MessageResult>;
  /** The end of its output so far. */
  readonly lastWords: LastWords;
  /** It accepts from a socket of the engine at this moment. */
  isListening(): boolean;
  /** It accepts from sockets of the engine, and other workers accept from each of them. Absent if they cannot. */
  sharesSockets?(): boolean;
  /** Stops accepting for this long, so that others accept; 0: accepts again. A pause also ends by itself. */
  pauseAccepting?(forMs: number): void;
  requestStop(graceful: boolean, reason: KillReason): void;
  /** Called before a graceful stop if the successor starts only when this worker has ended. */
  hurry(): void;
  /** Notifies it of the new configuration. */
  reload(): void;
  dump(): void;
}

export interface WorkerIdentity {
  /** Set if the engine has several groups. */
  readonly group?: string | undefined;
  readonly workerId: number;
  readonly generation: number;
}

/** What a worker reports about itself. */
export interface WorkerNotices {
  /** It has entered run(). */
  readonly onRunning: () => void;
  /** It can serve, in the sense of `workerReady`. */
  readonly onReady: () => void;
  /** It hangs and is being ended. Before that, the engine may find out what it hangs in. */
  readonly onGivenUp: (reason: KillReason) => void;
  /** It has begun to stop, for whatever reason. Its listening sockets are still open. */
  readonly onStopping: () => void;
  /** It accepts nothing new. This many connections are still open. */
  readonly onClosed: (connections: number) => void;
  /** Handles messages from its program. */
  readonly hook: () => MessageHook;
}

/** A worker that has loaded the program, or is about to, and has no id yet. */
export interface StandbyHandle extends Pick<
  WorkerHandle,
  'pid' | 'start' | 'exited' | 'drained' | 'lastWords' | 'reason' | 'figures' | 'requestStop'
> {
  readonly isAlive: boolean;
  /** Turns it into that worker: its object is made, and run() is called. */
  assign(who: WorkerIdentity, notices: WorkerNotices): WorkerHandle;
}

/** How the workers of a group with `workerStart: 'fork'` are started at this moment. */
export interface StartStatus {
  readonly startInUse: WorkerStart;
  readonly template: TemplateStatus;
}

/** Makes workers of one type. */
export interface WorkerLauncher {
  /** Why there is always exactly one worker, if so: the group cannot be scaled. */
  readonly whyOne?: string;
  /** Why its workers take no messages, if they do not. */
  readonly whyNoMessages?: string;
  /**
   * Undefined: startNoMore() was called meanwhile.
   * @param worker the worker object in the server process for this start, if there is one.
   * @throws whatever prevents the start, which then counts as a crash.
   */
  launch(
    who: WorkerIdentity,
    worker: Worker | undefined,
    notices: WorkerNotices,
  ): WorkerHandle | Promise<WorkerHandle | undefined>;
  /**
   * Makes a worker that waits for its id. Absent if this type has no standbys. Undefined: startNoMore() was called meanwhile.
   * @param onReady it has loaded the program.
   * @throws whatever prevents the start.
   */
  prepare?(onReady: () => void): StandbyHandle | Promise<StandbyHandle | undefined>;
  /** Every worker is in run(): sockets that only earlier workers used are closed, unless a worker asks for them soon. */
  allAreUp?(): void;
  /** Whether the next worker is forked from a process that has loaded the program. Undefined: this type never forks. */
  forks?(): Promise<boolean> | undefined;
  /** How the next worker is started, and from what. Undefined: this type is always spawned. */
  startStatus?(): StartStatus | undefined;
  /** A restart was requested: the program that the launcher keeps loaded may be old. */
  renew?(): void;
  /** The pool stops: no start is wanted any more, also not one that is under way. */
  startNoMore?(): void;
  /** The pool is over. */
  close?(): void;
}
