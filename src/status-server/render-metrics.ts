import AggregatorRegistry from 'prom-client/lib/cluster';
import type { MetricData } from './status-metrics';

export interface RenderedMetrics {
  readonly contentType: string;
  readonly text: string;
}

type ContentType = 'text/plain; version=0.0.4; charset=utf-8';

const PLAIN: ContentType = 'text/plain; version=0.0.4; charset=utf-8';
// prom-client's types lack this; its code has it.
const OPEN = 'application/openmetrics-text; version=1.0.0; charset=utf-8' as ContentType;

/** Names of the engine's own metrics: what a worker registers under one of them is left out. */
const OWN = /^serverengine_/;
const TOTAL = /_total$/;

/** Whether a scraper asks for OpenMetrics. */
export function wantsOpenMetrics(accept: string | undefined): boolean {
  return accept?.includes('application/openmetrics-text') ?? false;
}

/**
 * The engine's own metrics, and those of the workers, added up by the rules of prom-client: counters, gauges and histograms
 * are summed unless a metric names another aggregator.
 */
export async function renderMetrics(
  own: readonly MetricData[],
  ofWorkers: readonly (readonly MetricData[])[],
  isOpen: boolean,
): Promise<RenderedMetrics> {
  const workers = ofWorkers.map((metrics) => metrics.filter(({ name }) => !OWN.test(name)));
  // A metric without values would be only a header.
  const all = [own.filter(({ values }) => values.length > 0), ...sameTypes(workers)];
  const contentType = isOpen ? OPEN : PLAIN;
  const named = isOpen ? all.map((metrics) => metrics.map(withoutTotal)) : all;
  const registry = AggregatorRegistry.aggregate(named.map((metrics) => [...metrics]) as never);
  registry.setContentType(contentType);
  return { contentType, text: await registry.metrics() };
}

/** Workers of two versions of a program may use one name for two things: the first that is seen wins. */
function sameTypes(workers: readonly (readonly MetricData[])[]): readonly (readonly MetricData[])[] {
  const types = new Map<string, unknown>();
  return workers.map((metrics) =>
    metrics.filter(({ name, type }) => {
      if (!types.has(name)) types.set(name, type);
      return types.get(name) === type;
    }),
  );
}

/** Here prom-client adds the suffix to the name of a counter, even if the name has it already. */
function withoutTotal(metric: MetricData): MetricData {
  const isCounter = String(metric.type) === 'counter';
  return isCounter && TOTAL.test(metric.name) ? { ...metric, name: metric.name.replace(TOTAL, '') } : metric;
}
