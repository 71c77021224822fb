import type { RunningEngine } from '../commands/running-engine';
import type { EventHub } from '../contract/event-hub';
import type { LogCounts } from '../record/log-sink';
import { DepartedCounters } from './departed-counters';
import { renderMetrics, type RenderedMetrics } from './render-metrics';
import { statusMetrics } from './status-metrics';
import type { StatusView } from './status-view';
import { TreeCounters } from './tree-counters';

export interface ScrapesDeps {
  readonly running: RunningEngine;
  readonly view: StatusView;
  readonly logCounts: () => LogCounts;
}

/** Answers scrapes, one after the other. */
export class Scrapes {
  readonly #deps: ScrapesDeps;
  readonly #counters = new TreeCounters();
  readonly #workers = new DepartedCounters();
  #last: Promise<unknown> = Promise.resolve();

  constructor(deps: ScrapesDeps) {
    this.#deps = deps;
    // The first call starts the counting.
    deps.logCounts();
  }

  /** Counts from now on. Returns the function that stops it. */
  listen(events: EventHub): () => void {
    return this.#counters.listen(events);
  }

  scrape(isOpen: boolean): Promise<RenderedMetrics> {
    const scraped = this.#last.then(() => this.#scrape(isOpen));
    this.#last = scraped.catch(() => {});
    return scraped;
  }

  async #scrape(isOpen: boolean): Promise<RenderedMetrics> {
    const { running, view, logCounts } = this.#deps;
    const [status, answers] = await Promise.all([view.status(), running.programMetrics()]);
    const { metrics, missing } = await this.#workers.take(answers);
    const readiness = view.readinessOf(status);
    const node = process.versions.node;
    const own = statusMetrics({ status, readiness, log: logCounts(), missing, node });
    const counted = await this.#counters.metrics(status.groups);
    return renderMetrics([...own, ...counted], metrics, isOpen);
  }
}
