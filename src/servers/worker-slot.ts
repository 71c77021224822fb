import type { ClockTimer } from '../common/clock';
import type { WorkerState } from '../contract/server-control';
import { NO_HISTORY, type RestartHistory } from '../process/restart-policy';
import type { WorkerHandle } from './worker-handle';

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
  handle: WorkerHandle | undefined;
  /** Set while the slot waits for its start. */
  startTimer: ClockTimer | undefined;
  /** beforeFork() or the start itself is under way. */
  isLaunching = false;
  isRunning = false;
  /** Above the number of workers: not to be filled again. */
  isSurplus = false;
  /** The status that ended it for good. */
  unrecoverableStatus: number | undefined;

  constructor(workerId: number) {
    this.workerId = workerId;
  }

  get state(): WorkerState {
    if (!this.handle) return this.unrecoverableStatus === undefined ? 'waiting' : 'exited';
    if (this.handle.isStopping) return 'stopping';
    return this.isRunning ? 'running' : 'starting';
  }

  /** Nothing lives here and nothing is to come. */
  get isOver(): boolean {
    return !this.handle && !this.isLaunching && !this.startTimer;
  }

  cancelStart(): void {
    this.startTimer?.cancel();
    this.startTimer = undefined;
  }
}
