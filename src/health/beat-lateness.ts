// At one beat per second: the last five minutes.
const KEPT = 300;

/**
 * How late the last heartbeats were: it shows what blocked the event loop, even before anybody looked. Costs one number
 * per beat.
 */
export class BeatLateness {
  readonly #samplesMs: number[] = [];
  #oldest = 0;
  #dueAt: number | undefined;

  /**
   * A beat at this time; the next one is due after the interval.
   * @returns how late it is.
   */
  beat(now: number, intervalMs: number): number {
    const lateMs = this.#dueAt === undefined ? undefined : Math.max(0, now - this.#dueAt);
    if (lateMs !== undefined) this.#keep(lateMs);
    this.#dueAt = now + intervalMs;
    return lateMs ?? 0;
  }

  /** The beats start again with another interval: none is late. */
  restart(): void {
    this.#dueAt = undefined;
  }

  /** In no particular order. */
  samplesMs(): readonly number[] {
    return [...this.#samplesMs];
  }

  #keep(lateMs: number): void {
    if (this.#samplesMs.length < KEPT) {
      this.#samplesMs.push(lateMs);
      return;
    }
    this.#samplesMs[this.#oldest] = lateMs;
    this.#oldest = (this.#oldest + 1) % KEPT;
  }
}
