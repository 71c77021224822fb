// When requests of a fixed rate are due, and their results. Latency counts from the due time: a client that must wait
// cannot hide a delay by sending later.
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

  /** Takes the requests that are due by now, each with its number and its due time. */
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
  /** Sent a second time, as every client does when the server closed the idle connection. */
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
