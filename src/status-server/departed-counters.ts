import AggregatorRegistry from 'prom-client/lib/cluster';
import type { ProgramMetrics } from '../commands/program-metrics';
import type { MetricData } from './status-metrics';
import { parseWorkerMetrics } from './worker-metrics';

/** The result of a scrape of the workers. */
export interface WorkersMetrics {
  readonly metrics: readonly (readonly MetricData[])[];
  /** How many workers did not send their metrics. */
  readonly missing: number;
}

const COUNTS: readonly string[] = ['counter', 'histogram'];

/**
 * The counts of workers, including those that have ended. A sum over living workers would fall when one is replaced.
 * Prometheus takes that for a counter that began again at 0, and a rate would show requests that never were. So what a
 * worker had counted at its last scrape stays in the sum. A worker that does not answer counts with its last answer.
 */
export class DepartedCounters {
  /** The counters of living workers, as they sent them. */
  readonly #last = new Map<string, string>();
  #departed: readonly MetricData[] = [];

  async take(answers: readonly ProgramMetrics[]): Promise<WorkersMetrics> {
    const living = new Map(answers.map((answer) => [answer.key, answer]));
    for (const [key, text] of this.#last) {
      if (living.has(key)) continue;
      this.#last.delete(key);
      await this.#depart(text);
    }
    let missing = 0;
    const metrics: (readonly MetricData[])[] = [];
    for (const { key, text, isSilent, isBroken } of answers) {
      const fresh = text === undefined ? undefined : parseWorkerMetrics(text);
      if (text !== undefined && fresh) {
        this.#last.set(key, text);
        metrics.push(fresh);
      } else if (isSilent || isBroken || text !== undefined) {
        missing += 1;
        metrics.push(countsIn(this.#last.get(key)));
      }
    }
    return { metrics: [...metrics, this.#departed], missing };
  }

  async #depart(text: string): Promise<void> {
    const both = [this.#departed, countsIn(text)].map((metrics) => [...metrics]);
    const sum = await AggregatorRegistry.aggregate(both).getMetricsAsJSON();
    this.#departed = sum;
  }
}

function countsIn(text: string | undefined): readonly MetricData[] {
  const metrics = (text === undefined ? undefined : parseWorkerMetrics(text)) ?? [];
  // A metric that the program does not want summed is not a pure counter.
  return metrics.filter(({ type, aggregator }) => COUNTS.includes(String(type)) && aggregator === 'sum');
}
