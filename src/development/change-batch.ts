import type { Clock, ClockTimer } from '../common/clock';
import { together, type Change } from './change-plan';

export interface ChangeBatchDeps {
  readonly clock: Clock;
  readonly onBatch: (changes: ReadonlyMap<string, Change>) => void;
}

// A save is one or two changes within milliseconds. git changes many files, one after the other.
const QUIET_MS = 100;
// A file that is written all the time must not delay the others for ever.
const LONGEST_MS = 3000;

/** Collects changes until nothing has changed for a moment. */
export class ChangeBatch {
  readonly #deps: ChangeBatchDeps;
  #changes = new Map<string, Change>();
  #begunAt = 0;
  #timer: ClockTimer | undefined;

  constructor(deps: ChangeBatchDeps) {
    this.#deps = deps;
  }

  add(path: string, change: Change): void {
    const now = this.#deps.clock.now();
    if (this.#changes.size === 0) this.#begunAt = now;
    const all = together(this.#changes.get(path), change);
    // The latest change goes to the end.
    this.#changes.delete(path);
    if (all) this.#changes.set(path, all);
    this.#arm(now);
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#changes.clear();
  }

  #arm(now: number): void {
    this.#timer?.cancel();
    const dueAt = Math.min(now + QUIET_MS, this.#begunAt + LONGEST_MS);
    this.#timer = this.#deps.clock.after(Math.max(0, dueAt - now), () => {
      const changes = this.#changes;
      this.#changes = new Map();
      if (changes.size > 0) this.#deps.onBatch(changes);
    });
  }
}
