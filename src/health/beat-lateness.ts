// Of a beat a second: the last five minutes.
const KEPT = 300;

/** How late the last heartbeats were: what blocked the event loop, and when nobody looked. Costs one number a beat. */
export class BeatLateness {
  readonly #samplesMs: number[] = [];
  #oldest = 0;
  #dueAt: number | undefined;

  /**
   * A beat at this time; the next is due after the interval.
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
