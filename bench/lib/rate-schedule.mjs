// When requests of a fixed rate are due, and what came of them. Each is measured from the moment that it was due: a client
// that is made to wait must not hide it by asking later.
import { percentile } from './figures.mjs';

export class RateSchedule {
  #everyMs;
  #startedAt;
  #next = 0;

  constructor(perSecond, startedAt) {
    this.#everyMs = 1000 / perSecond;
    this.#startedAt = startedAt;
  }

  get nextAt() {
    return this.#startedAt + this.#next * this.#everyMs;
  }

  /** Takes those that are due by now, each with its number and the time that it was due at. */
  *takeDue(now) {
    while (this.nextAt <= now) {
      const dueAt = this.nextAt;
      yield { number: this.#next, dueAt };
      this.#next += 1;
    }
  }
}

export class RateTally {
  #latencies = [];
  #failures = new Map();
  #asked = 0;
  /** Asked a second time, as every client does when the server has closed the idle connection before. */
  again = 0;

  answered(latencyMs) {
    this.#asked += 1;
    this.#latencies.push(latencyMs);
  }

  failed(why) {
    this.#asked += 1;
    this.#failures.set(why, (this.#failures.get(why) ?? 0) + 1);
  }

  report() {
    const sorted = Float64Array.from(this.#latencies).sort();
    return {
      asked: this.#asked,
      again: this.again,
      failed: this.#asked - sorted.length,
      failures: Object.fromEntries(this.#failures),
      p50: percentile(sorted, 50),
      p99: percentile(sorted, 99),
      max: percentile(sorted, 100),
    };
  }
}
