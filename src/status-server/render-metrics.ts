import AggregatorRegistry from 'prom-client/lib/cluster';
import type { MetricData } from './status-metrics';

export interface RenderedMetrics {
  readonly contentType: string;
  readonly text: string;
}

type ContentType = 'text/plain; version=0.0.4; charset=utf-8';

const PLAIN: ContentType = 'text/plain; version=0.0.4; charset=utf-8';
// What prom-client's types do not know, its code does.
const OPEN = 'application/openmetrics-text; version=1.0.0; charset=utf-8' as ContentType;

/** Names of the engine itself: what a worker registers under one is left out. */
const OWN = /^serverengine_/;
const TOTAL = /_total$/;

/** Whether a scraper asks for OpenMetrics. */
export function wantsOpenMetrics(accept: string | undefined): boolean {
  return accept?.includes('application/openmetrics-text') ?? false;
}

/**
 * The engine's own metrics, and those of the workers summed by the rules of prom-client: counters, gauges and histograms
 * added up unless a metric says another aggregator.
 */
export async function renderMetrics(
  own: readonly MetricData[],
  ofWorkers: readonly (readonly MetricData[])[],
  isOpen: boolean,
): Promise<RenderedMetrics> {
  const workers = ofWorkers.map((metrics) => metrics.filter(({ name }) => !OWN.test(name)));
  // A metric without values has a head alone, which says nothing.
  const all = [own.filter(({ values }) => values.length > 0), ...sameTypes(workers)];
  const contentType = isOpen ? OPEN : PLAIN;
  const named = isOpen ? all.map((metrics) => metrics.map(withoutTotal)) : all;
  const registry = AggregatorRegistry.aggregate(named.map((metrics) => [...metrics]) as never);
  registry.setContentType(contentType);
  return { contentType, text: await registry.metrics() };
}

/** Workers of two versions of a program may have one name for two things: the first that is seen holds. */
function sameTypes(workers: readonly (readonly MetricData[])[]): readonly (readonly MetricData[])[] {
  const types = new Map<string, unknown>();
  return workers.map((metrics) =>
    metrics.filter(({ name, type }) => {
      if (!types.has(name)) types.set(name, type);
      return types.get(name) === type;
    }),
  );
}

/** prom-client puts the ending behind the name of a counter here, whether it is there or not. */
function withoutTotal(metric: MetricData): MetricData {
  const isCounter = String(metric.type) === 'counter';
  return isCounter && TOTAL.test(metric.name) ? { ...metric, name: metric.name.replace(TOTAL, '') } : metric;
}
