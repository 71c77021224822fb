import type { ClockTimer } from '../common/clock';
import type { WorkerState } from '../contract/server-control';
import { NO_HISTORY, type RestartHistory } from '../process/restart-policy';
import type { WorkerHandle } from './worker-handle';
import type { WorkerPhase } from './worker-phase';

/** One worker that was started, and how far it has come. */
export interface StartedWorker {
  readonly handle: WorkerHandle;
  readonly generation: number;
  readonly phase: WorkerPhase;
  /** Resolves when it is able to serve; never, when it ends before. */
  readonly ready: Promise<'ready'>;
  /** Resolves when it accepts nothing new any more; never, when it ends before, or is a foreign program. */
  readonly closed: Promise<void>;
  /** Resolves when it has ended and the log has the record of that. */
  readonly reported: Promise<void>;
}

/**
 * The parent's view of one worker id: the worker that has it now, or the wait for the next one.
 * Runs in the server process.
 */
export class WorkerSlot {
  readonly workerId: number;
  /** Counts the starts. */
  generation = 0;
  history: RestartHistory = NO_HISTORY;
  /** Set while a worker lives in this slot. */
  current: StartedWorker | undefined;
  /** Rolling restart: the one that takes over once it is ready. */
  replacement: StartedWorker | undefined;
  /** Set while the slot waits for its start. */
  startTimer: ClockTimer | undefined;
  /** Starts that are under way: beforeFork(), or the start itself. */
  launching = 0;
  /** Above the number of workers: not to be filled again. */
  isSurplus = false;
  /** The status that ended it for good. */
  unrecoverableStatus: number | undefined;
  /** The last worker's end is not in the log yet. */
  #unreported: Promise<void> | undefined;

  constructor(workerId: number) {
    this.workerId = workerId;
  }

  get handle(): WorkerHandle | undefined {
    return this.current?.handle;
  }

  get state(): WorkerState {
    if (!this.current) return this.unrecoverableStatus === undefined ? 'waiting' : 'exited';
    if (this.current.handle.isStopping) return 'stopping';
    switch (this.current.phase.kind) {
      case 'starting':
        return 'starting';
      case 'running':
        return 'running';
      case 'closing':
      case 'closed':
        return 'stopping';
    }
  }

  /** Nothing lives here and nothing is to come: those that have left the place do not count. */
  get isOver(): boolean {
    return !this.current && !this.replacement && this.launching === 0 && !this.startTimer;
  }

  /** Its worker is gone, and the next may come, before the log has the record of that. */
  vacate(reported: Promise<void>): void {
    this.current = undefined;
    const pending = reported.finally(() => {
      if (this.#unreported === pending) this.#unreported = undefined;
    });
    this.#unreported = pending;
  }

  /** Says something of the next worker, after what is said of the last one. */
  say(record: () => void): void {
    if (this.#unreported) void this.#unreported.then(record);
    else record();
  }

  cancelStart(): void {
    this.startTimer?.cancel();
    this.startTimer = undefined;
  }
}
