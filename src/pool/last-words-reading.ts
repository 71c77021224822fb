import { sleep, type Clock } from '../common/clock';

const LAST_WORDS_MS = 1000;

/** What children have written that is still being read, or told of: it is in our pipes already. */
export class LastWordsReading {
  readonly #underWay = new Set<Promise<void>>();

  add(reading: Promise<void>): void {
    const pending = reading.finally(() => {
      this.#underWay.delete(pending);
    });
    this.#underWay.add(pending);
  }

  /** Not for ever, as a program that a child left behind may hold a pipe open. */
  async allRead(clock: Clock): Promise<void> {
    if (this.#underWay.size > 0)
      await Promise.race([Promise.all(this.#underWay), sleep(clock, LAST_WORDS_MS)]);
  }
}
