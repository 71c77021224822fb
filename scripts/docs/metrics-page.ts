import { METRICS, type MetricFacts } from '../../src/status-server/metric-table';

/** docs/metrics.md: every metric of the engine, from the table that also makes `/metrics`. */
export function metricsPage(): string {
  const rows = Object.entries<MetricFacts>(METRICS).map(([name, { type, help, labels, note }]) => {
    const shown = labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${type} | ${shown} | ${help}${note === undefined ? '' : ` ${note}`} |`;
  });
  return `# Metrics

<!-- Generated from src/status-server/metric-table.ts by \`npm run docs\`: change it there. -->

This is what \`/metrics\` of the status server has: see the [guide to monitoring](guides/monitoring.md). Counters and histograms count from the
start of the main process. They survive a server process that is replaced or killed under a supervisor; an upgrade starts them at 0. In
OpenMetrics format (requested by \`Accept\`) they are the same.

| metric | type | labels | meaning |
| ------ | ---- | ------ | ------- |
${rows.join('\n')}

## Metrics of your program

Metrics in the default register of [prom-client](https://github.com/siimon/prom-client) in a worker are in the same answer, summed over
the workers as prom-client's \`AggregatorRegistry\` does: by the \`aggregator\` of each metric, which is \`sum\` unless you set
\`first\`, \`min\`, \`max\`, \`average\` or \`omit\`.

- The engine never loads prom-client in a worker. If your program has not loaded it, this costs nothing.
- Counters and histograms of workers that have ended stay in the sums, as they were at the last scrape. So a sum never falls when a worker is
  replaced, and \`rate()\` is right.
- A worker that does not answer within 1.5 seconds, or whose collector throws, is left out. \`serverengine_worker_metrics_missing\` counts
  these workers. The values of their last answer stay in the sums of counters and histograms.
- Names that begin with \`serverengine_\` belong to the engine: metrics of a worker with such a name are left out.
- A copy of prom-client inside a bundle is not found: keep the package external.
- A \`spawn\` worker is a separate program: scrape it directly.
`;
}
