import { METRICS, type MetricFacts } from '../../src/status-server/metric-table';

/** docs/metrics.md: every metric of the engine, from the table that `/metrics` is made of. */
export function metricsPage(): string {
  const rows = Object.entries<MetricFacts>(METRICS).map(([name, { type, help, labels, note }]) => {
    const shown = labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${type} | ${shown} | ${help}${note === undefined ? '' : ` ${note}`} |`;
  });
  return `# Metrics

<!-- Generated from src/status-server/metric-table.ts by \`npm run docs\`: change it there. -->

What \`/metrics\` of the status server has: see the [guide to monitoring](guides/monitoring.md). Counters and histograms count from the
start of the main process on. They survive a server process that is replaced or killed under a supervisor; an upgrade begins them at 0. In
OpenMetrics (asked for by \`Accept\`) they are the same.

| metric | type | labels | meaning |
| ------ | ---- | ------ | ------- |
${rows.join('\n')}

## Metrics of your program

What a worker puts into the default register of [prom-client](https://github.com/siimon/prom-client) is in the same answer, summed over
the workers as \`AggregatorRegistry\` of prom-client does it: by the \`aggregator\` of each metric, which is \`sum\` unless it says
\`first\`, \`min\`, \`max\`, \`average\` or \`omit\`.

- The engine never loads prom-client in a worker. Where the program has not loaded it, nothing is asked of it and nothing is paid.
- Counters and histograms of workers that have ended stay in the sums, as they were at the last scrape. So a sum never falls when a worker is
  replaced, and \`rate()\` is right.
- A worker that does not answer within 1.5 seconds, or whose collector throws, is left out. \`serverengine_worker_metrics_missing\` counts
  those. What it had counted at its last answer stays in the sums of counters and histograms.
- Names that begin with \`serverengine_\` are the engine's: those of a worker are left out.
- A copy of prom-client inside a bundle is not found: keep the package external.
- A \`spawn\` worker is another program: scrape it by itself.
`;
}
