/**
 * When each child was last heard of. `Id` identifies one process, not a slot: while a worker is replaced, the old and
 * the new one beat side by side.
 *
 * Time by which the server itself was late does not count: the beats of that time are still in the pipe when the tick
 * comes, and are read only after it.
 */
export class HeartbeatMonitor<Id> {
  readonly #lastBeats = new Map<Id, number>();
  #lateMs = 0;

  /** Begins to watch a child from its start: a boot that takes longer than the timeout is overdue, too. */
  add(id: Id, now: number): void {
    this.#lastBeats.set(id, this.#punctual(now));
  }

  /** The child was heard of, this long ago. Beats of a child that is not watched (any more) are ignored. */
  beat(id: Id, now: number, agoMs = 0): void {
    const last = this.#lastBeats.get(id);
    if (last !== undefined) this.#lastBeats.set(id, Math.max(last, this.#punctual(now) - agoMs));
  }

  forget(id: Id): void {
    this.#lastBeats.delete(id);
  }

  /** Call this at every tick before `overdueMs`. */
  tick(now: number, dueAt: number): void {
    this.#lateMs += Math.max(0, now - dueAt);
  }

  /** The server was stopped or starved, and its workers probably, too: each gets a whole timeout again. */
  freshen(now: number): void {
    for (const id of this.#lastBeats.keys()) this.add(id, now);
  }

  /** How long the child has been silent, if that is its timeout or longer. A timeout below 0: never. */
  overdueMs(id: Id, now: number, timeoutMs: number): number | undefined {
    const lastBeat = this.#lastBeats.get(id);
    if (lastBeat === undefined || timeoutMs < 0) return undefined;
    const silentMs = this.#punctual(now) - lastBeat;
    return silentMs >= timeoutMs ? silentMs : undefined;
  }

  #punctual(now: number): number {
    return now - this.#lateMs;
  }
}
