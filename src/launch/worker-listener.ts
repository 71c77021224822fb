import type { WorkerNotices } from '../pool/worker-handle';

/** Receives what a worker reports: only the reserve gets it until the worker has an id. */
export class WorkerListener {
  /** The worker has loaded the program, and waits in reserve. */
  readonly onPrepared: (() => void) | undefined;
  #notices: WorkerNotices | undefined;
  #assignedAt: number | undefined;

  constructor(whom: WorkerNotices | (() => void)) {
    if (typeof whom === 'function') this.onPrepared = whom;
    else this.#notices = whom;
  }

  get notices(): WorkerNotices | undefined {
    return this.#notices;
  }

  /** When it got its id, if that was later than its start. */
  get assignedAt(): number | undefined {
    return this.#assignedAt;
  }

  /** Since when its readiness is waited for; undefined while it is in reserve. */
  bootSince(startedAt: number): number | undefined {
    return this.#notices && (this.#assignedAt ?? startedAt);
  }

  assign(notices: WorkerNotices, now: number): void {
    this.#notices = notices;
    this.#assignedAt = now;
  }
}
