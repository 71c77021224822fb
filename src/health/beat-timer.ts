import { every, systemClock, type RepeatingTimer } from '../common/clock';
import { BeatLateness } from './beat-lateness';

/** Beats once at its start and then at each interval; what a beat does differs between a process and a thread. */
export abstract class BeatTimer {
  readonly lateness = new BeatLateness();
  #timer: RepeatingTimer | undefined;
  #isHeld = false;

  start(intervalMs: number): void {
    this.stop();
    this.lateness.restart();
    this.lateness.beat(systemClock.now(), intervalMs);
    this.#timer = every(intervalMs, () => {
      this.beat(this.lateness.beat(systemClock.now(), intervalMs));
    });
    if (!this.#isHeld) this.#timer.unref();
    this.beat(0);
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

  /** @param lateMs how late it is. */
  protected abstract beat(lateMs: number): void;
}
