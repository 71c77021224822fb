import type { WorkerNotices } from '../pool/worker-handle';

/** To whom it is told what a worker says: to nobody but the reserve, until it has an id. */
export class WorkerListener {
  /** It has loaded the program, and waits in reserve. */
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

  /** When it got its id, where that was later than its start. */
  get assignedAt(): number | undefined {
    return this.#assignedAt;
  }

  /** Since when somebody waits for it to be ready: not while it is in reserve. */
  bootSince(startedAt: number): number | undefined {
    return this.#notices && (this.#assignedAt ?? startedAt);
  }

  assign(notices: WorkerNotices, now: number): void {
    this.#notices = notices;
    this.#assignedAt = now;
  }
}
