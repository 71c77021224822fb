import { every, systemClock, type RepeatingTimer } from '../common/clock';
import { BeatLateness } from './beat-lateness';
import type { WorkerHeartbeat } from './worker-place';

/** Beats once at its start and then at each interval; what a beat is differs between a process and a thread. */
export abstract class BeatTimer implements WorkerHeartbeat {
  readonly lateness = new BeatLateness();
  #timer: RepeatingTimer | undefined;
  #isHeld = false;

  start(intervalMs: number): void {
    this.stop();
    this.lateness.restart();
    this.lateness.beat(systemClock.now(), intervalMs);
    this.#timer = every(intervalMs, () => {
      this.lateness.beat(systemClock.now(), intervalMs);
      this.beat();
    });
    if (!this.#isHeld) this.#timer.unref();
    this.beat();
  }

  hold(): void {
    this.#isHeld = true;
    this.#timer?.ref();
  }

  release(): void {
    this.#isHeld = false;
    this.#timer?.unref();
  }

  protected stop(): void {
    this.#timer?.cancel();
  }

  protected abstract beat(): void;
}
