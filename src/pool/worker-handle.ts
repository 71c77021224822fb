import type { ProgramMetricsAnswer } from '../commands/program-metrics';
import type { HangCause, WorkerFigures } from '../contract/status';
import type { MessageHook } from '../contract/message-hook';
import type { MessageResult } from '../contract/results';
import type { Worker } from '../contract/worker';
import type { LastWords } from '../record/last-words';
import type { KillReason } from '../contract/end-reasons';
import type { ChildExit } from '../watch/child-exit';

/** One worker as the pool sees it, whatever it is made of: a process, a thread, a foreign program. */
export interface WorkerHandle {
  /** Undefined: it was never started. A thread has that of the server. */
  readonly pid: number | undefined;
  readonly startedAt: number;
  readonly isStopping: boolean;
  /** Set once we set out to end it. */
  readonly reason: KillReason | undefined;
  /** Set once it was given up for missed heartbeats. */
  readonly hang?: HangCause | undefined;
  readonly exited: Promise<ChildExit>;
  /** It has ended, and all that it wrote was read. */
  readonly drained: Promise<void>;
  /** What it says of itself, read now. Empty where it says nothing. */
  figures(): WorkerFigures;
  /** What its program counts. May never resolve. Without it there is nothing to be asked, as of a foreign program. */
  metrics?(): Promise<ProgramMetricsAnswer>;
  /** Sends a message to its program. Never rejects. Absent: it takes none. */
  send?(body: Uint8Array): Promise<MessageResult>;
  /** The end of what it has written so far. */
  readonly lastWords: LastWords;
  /** It accepts from a socket of the engine at this moment. */
  isListening(): boolean;
  /** It accepts from sockets of the engine, and others from each of them. Absent: they do not. */
  sharesSockets?(): boolean;
  /** Lets others accept for so long; 0: it accepts again. A pause ends by itself, too. */
  pauseAccepting?(forMs: number): void;
  requestStop(graceful: boolean, reason: KillReason): void;
  /** Before a graceful stop: its successor starts when it has ended. */
  hurry(): void;
  /** Tells it of the new configuration. */
  reload(): void;
  dump(): void;
}

export interface WorkerIdentity {
  /** Set where the engine has several groups. */
  readonly group?: string | undefined;
  readonly workerId: number;
  readonly generation: number;
}

/** What a worker says of itself. */
export interface WorkerNotices {
  /** run() was entered. */
  readonly onRunning: () => void;
  /** It is able to serve, as `workerReady` says that it is told. */
  readonly onReady: () => void;
  /** It hangs, and is being ended: first it may be found out what it hangs in. */
  readonly onGivenUp: (reason: KillReason) => void;
  /** The worker begins to stop, for whatever reason. Its listening sockets are still open. */
  readonly onStopping: () => void;
  /** It accepts nothing new any more; so many connections are still open. */
  readonly onClosed: (connections: number) => void;
  /** Who handles what its program sends. */
  readonly hook: () => MessageHook;
}

/** A worker that has loaded the program, or is about to, and has no id yet. */
export interface StandbyHandle extends Pick<
  WorkerHandle,
  'pid' | 'exited' | 'drained' | 'lastWords' | 'reason' | 'figures' | 'requestStop'
> {
  readonly isAlive: boolean;
  /** It becomes that worker: its object is made, and its run() called. */
  assign(who: WorkerIdentity, notices: WorkerNotices): WorkerHandle;
}

/** Makes workers of one type. */
export interface WorkerLauncher {
  /** Why there is always one worker, where that is so: nobody can scale it. */
  readonly whyOne?: string;
  /** Why its workers take no messages, where that is so. */
  readonly whyNoMessages?: string;
  /**
   * @param worker the parent-side object of this start, when there is one.
   * @throws whatever keeps the worker from being started: the start counts as a crash.
   */
  launch(
    who: WorkerIdentity,
    worker: Worker | undefined,
    notices: WorkerNotices,
  ): WorkerHandle | Promise<WorkerHandle>;
  /**
   * A worker that waits for its id. Without it there are none of this type.
   * @param onReady it has loaded the program.
   * @throws whatever keeps it from being started.
   */
  prepare?(onReady: () => void): StandbyHandle;
  /** Every worker is in its run(): sockets that only earlier ones had are given up, unless one asks for them soon. */
  everybodyIsUp?(): void;
  /** Whether the next worker is forked from a process that has loaded the program. Undefined: none is. */
  forks?(): Promise<boolean> | undefined;
  /** A restart was asked for: what it keeps loaded may be an old program. */
  renew?(): void;
  /** No worker is started any more. */
  close?(): void;
}
