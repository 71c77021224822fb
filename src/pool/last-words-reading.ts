import { sleep, type Clock } from '../common/clock';

const LAST_WORDS_MS = 1000;

/** Tracks the output of ended children that is still being read or logged. The data is already in our pipes. */
export class LastWordsReading {
  readonly #underWay = new Set<Promise<void>>();

  add(reading: Promise<void>): void {
    const pending = reading.finally(() => {
      this.#underWay.delete(pending);
    });
    this.#underWay.add(pending);
  }

  /** The wait is bounded, because a program that a child left behind may hold a pipe open. */
  async allRead(clock: Clock): Promise<void> {
    if (this.#underWay.size > 0)
      await Promise.race([Promise.all(this.#underWay), sleep(clock, LAST_WORDS_MS)]);
  }
}
