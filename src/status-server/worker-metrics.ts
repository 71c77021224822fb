import type { MetricData } from './status-metrics';

const TYPES: readonly unknown[] = ['counter', 'gauge', 'histogram', 'summary'];
const AGGREGATORS: readonly unknown[] = ['sum', 'first', 'omit', 'average', 'min', 'max'];
const NAME = /^[a-zA-Z_:][\w:]*$/;

/** What a worker has sent of its own registry. Undefined: it is not valid. */
export function parseWorkerMetrics(text: string): readonly MetricData[] | undefined {
  let sent: unknown;
  try {
    sent = JSON.parse(text);
  } catch {
    return undefined;
  }
  return Array.isArray(sent) ? sent.filter(isMetric).map(withAggregator) : undefined;
}

/** Another version of prom-client may have more than we know: a metric without a known shape is left out. */
function isMetric(given: unknown): given is MetricData {
  if (typeof given !== 'object' || given === null) return false;
  const { name, help, type, values } = given as Readonly<Record<string, unknown>>;
  const isNamed = typeof name === 'string' && NAME.test(name) && typeof help === 'string';
  return isNamed && TYPES.includes(type) && Array.isArray(values) && values.every(isValue);
}

function isValue(given: unknown): boolean {
  if (typeof given !== 'object' || given === null) return false;
  const { value, labels } = given as Readonly<Record<string, unknown>>;
  return (typeof value === 'number' || value === null) && typeof labels === 'object' && labels !== null;
}

/** An aggregator of the user's own is not known here. JSON has null for a value that is not a number. */
function withAggregator(metric: MetricData): MetricData {
  const aggregator = AGGREGATORS.includes(metric.aggregator) ? metric.aggregator : 'sum';
  const values = metric.values.map((one) => ({ ...one, value: (one.value as number | null) ?? NaN }));
  return { ...metric, values, aggregator };
}
