import type { MetricObjectWithValues, MetricValue } from 'prom-client';
import type { EngineStatus, TemplateState, WorkerStatus, WorkerStatusState } from '../contract/status';
import type { LogCounts } from '../record/log-sink';
import { METRICS, type MetricName } from './metric-table';
import type { Readiness } from './readiness';

export interface StatusMetricsSource {
  readonly status: EngineStatus;
  readonly readiness: Readiness;
  readonly log: LogCounts;
  /** How many workers did not send their own metrics. */
  readonly missing: number;
  readonly node: string;
}

/** A metric as prom-client has it, as data. */
export type MetricData = MetricObjectWithValues<MetricValue<string>>;

type Sample = readonly [labels: Readonly<Record<string, string | number>>, value: number | undefined];

const TEMPLATE_STATES: readonly TemplateState[] = ['waiting', 'loading', 'ready', 'lost', 'refused', 'off'];

const STATES: readonly WorkerStatusState[] = [
  'waiting',
  'starting',
  'running',
  'draining',
  'stopping',
  'standby',
  'over',
];

/** The contents of a status as metrics. What is not known is left out. */
export function statusMetrics(source: StatusMetricsSource): readonly MetricData[] {
  const { status, readiness, log, missing, node } = source;
  const { version, role, startedAt, groups } = status;
  return [
    metric('serverengine_info', [[{ version, role, node }, 1]]),
    metric('serverengine_start_time_seconds', [[{}, startedAt / 1000]]),
    metric('serverengine_ready', [[{}, Number(readiness.ready)]]),
    metric('serverengine_workers', workersByState(status)),
    metric(
      'serverengine_workers_ready',
      groups.map(({ name }) => [
        { group: name },
        status.workers.filter(({ group, ready }) => group === name && ready).length,
      ]),
    ),
    metric(
      'serverengine_workers_target',
      groups.map(({ name, target }) => [{ group: name }, target]),
    ),
    metric('serverengine_fork_template', templatesByState(status)),
    ...workerMetrics(status),
    metric('serverengine_log_lines_total', [[{}, log.lines]]),
    metric('serverengine_log_dropped_total', [[{}, log.dropped]]),
    metric('serverengine_worker_metrics_missing', [[{}, missing]]),
  ];
}

function workersByState({ groups, workers, standby }: EngineStatus): readonly Sample[] {
  return groups.flatMap(({ name }) =>
    STATES.map((state): Sample => {
      const count = (all: readonly { readonly group: string; readonly state: string }[]): number =>
        all.filter((one) => one.group === name && one.state === state).length;
      const reserve = standby.filter((one) => one.state === 'standby');
      return [{ group: name, state }, count(workers) + count(reserve)];
    }),
  );
}

function templatesByState({ groups }: EngineStatus): readonly Sample[] {
  return groups.flatMap(({ name, template }) =>
    template
      ? TEMPLATE_STATES.map((state): Sample => [{ group: name, state }, Number(state === template.state)])
      : [],
  );
}

function workerMetrics({ workers }: EngineStatus): readonly MetricData[] {
  const living = newestOf(workers);
  const each = (name: MetricName, look: (worker: WorkerStatus) => number | undefined): MetricData =>
    metric(
      name,
      living.map((worker) => [{ group: worker.group, worker: worker.workerId }, look(worker)]),
    );
  return [
    each('serverengine_worker_uptime_seconds', ({ uptimeMs }) => seconds(uptimeMs)),
    each('serverengine_worker_resident_memory_bytes', ({ rssBytes }) => rssBytes),
    each('serverengine_worker_heap_used_bytes', ({ heapUsedBytes }) => heapUsedBytes),
    each('serverengine_worker_event_loop_delay_seconds', ({ loopDelayMs }) => seconds(loopDelayMs)),
    each('serverengine_worker_event_loop_utilization', ({ utilization }) => utilization),
    each('serverengine_worker_heartbeat_age_seconds', ({ heartbeatAgeMs }) => seconds(heartbeatAgeMs)),
    each('serverengine_worker_jobs_total', ({ jobs }) => jobs),
    each('serverengine_worker_connections', ({ connections }) => connections),
  ];
}

/** While a worker is being replaced, two have its id: the series shows the newer one. */
function newestOf(workers: readonly WorkerStatus[]): readonly WorkerStatus[] {
  const newest = new Map<string, WorkerStatus>();
  for (const worker of workers) {
    if (worker.pid === undefined) continue;
    const key = `${worker.workerId}/${worker.group}`;
    const known = newest.get(key);
    if (!known || known.generation < worker.generation) newest.set(key, worker);
  }
  return [...newest.values()];
}

function metric(name: MetricName, samples: readonly Sample[]): MetricData {
  const { help, type } = METRICS[name];
  const values = samples.flatMap(([labels, value]) => (value === undefined ? [] : [{ labels, value }]));
  return { name, help, type, aggregator: 'sum', values } as unknown as MetricData;
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms) / 1000;
}
