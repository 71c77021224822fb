/** The kind of a metric. */
export type MetricType = 'gauge' | 'counter' | 'histogram';

export interface MetricFacts {
  readonly type: MetricType;
  readonly help: string;
  readonly labels: readonly string[];
  /** For the reference, after the sentence of `help`. */
  readonly note?: string;
}

const OF_WORKER = ['group', 'worker'] as const;

/** Every metric of the engine: the page /metrics and docs/metrics.md are made from this table. */
export const METRICS = {
  serverengine_info: {
    type: 'gauge',
    help: 'The engine that is scraped: always 1.',
    labels: ['version', 'role', 'node'],
    note: '`role` is `server` or `supervisor`: what the main process is.',
  },
  serverengine_start_time_seconds: {
    type: 'gauge',
    help: 'When the main process started, in seconds since 1970.',
    labels: [],
  },
  serverengine_ready: {
    type: 'gauge',
    help: 'Whether /readyz says that the engine should get requests: 1 or 0.',
    labels: [],
  },
  serverengine_workers: {
    type: 'gauge',
    help: 'Number of workers in each state.',
    labels: ['group', 'state'],
    note: 'States: `waiting`, `starting`, `running`, `draining`, `stopping`, `standby`, `over`. Every state is present, even with 0.',
  },
  serverengine_workers_ready: {
    type: 'gauge',
    help: 'Workers that are able to serve.',
    labels: ['group'],
  },
  serverengine_workers_target: {
    type: 'gauge',
    help: 'How many workers there should be.',
    labels: ['group'],
  },
  serverengine_fork_template: {
    type: 'gauge',
    help: 'The state of the process that workers are forked from: 1 for the current state, 0 for the others.',
    labels: ['group', 'state'],
    note: "Only for groups with `workerStart: 'fork'`. States: `waiting`, `loading`, `ready`, `lost`, `refused`, `off`. In `lost`, `refused` and `off`, and in `loading` after `lost`, workers are spawned.",
  },
  serverengine_worker_starts_total: {
    type: 'counter',
    help: 'Worker processes that were started, by how they were started.',
    labels: ['group', 'start'],
    note: "`start` is `spawn` or `fork`. If it increases for `spawn` in a group with `workerStart: 'fork'`, the log and the status say why.",
  },
  serverengine_worker_restarts_total: {
    type: 'counter',
    help: 'Workers that ended and had to be replaced, by reason.',
    labels: ['group', 'reason'],
    note: 'The reasons are those of a death record, and `returned` for a worker that ended by itself with status 0. Workers that are not replaced (`stop`, `scale_down`, `upgrade`, `unrecoverable`) do not count. `crash`, `oom`, `heartbeat_timeout` and `ready_timeout` are there from the start, at 0, so that `increase()` sees the first one.',
  },
  serverengine_worker_start_seconds: {
    type: 'histogram',
    help: 'Time from the start of a worker until it was ready.',
    labels: ['group'],
  },
  serverengine_worker_drain_seconds: {
    type: 'histogram',
    help: 'Time from the stop command to a worker until it had ended.',
    labels: ['group'],
    note: 'Workers that ended without a stop command do not count.',
  },
  serverengine_worker_uptime_seconds: {
    type: 'gauge',
    help: 'Time since the start of the worker.',
    labels: OF_WORKER,
  },
  serverengine_worker_resident_memory_bytes: {
    type: 'gauge',
    help: 'Resident memory of the worker process.',
    labels: OF_WORKER,
    note: 'Threads have no such value.',
  },
  serverengine_worker_heap_used_bytes: {
    type: 'gauge',
    help: 'JavaScript heap that the worker uses.',
    labels: OF_WORKER,
  },
  serverengine_worker_event_loop_delay_seconds: {
    type: 'gauge',
    help: "Longest delay of the worker's event loop in its last two heartbeat intervals.",
    labels: OF_WORKER,
  },
  serverengine_worker_event_loop_utilization: {
    type: 'gauge',
    help: "Share of time, 0 to 1, in which the worker's event loop was busy, between its last two heartbeats.",
    labels: OF_WORKER,
    note: 'Without `autoscale`, and if the program has not loaded `node:perf_hooks`, this is the share of a processor that the process used.',
  },
  serverengine_worker_heartbeat_age_seconds: {
    type: 'gauge',
    help: "Time since the last heartbeat of the worker's event loop.",
    labels: OF_WORKER,
  },
  serverengine_worker_jobs_total: {
    type: 'counter',
    help: 'Jobs that the worker has counted with jobDone().',
    labels: OF_WORKER,
    note: 'Starts at 0 in each new worker.',
  },
  serverengine_worker_connections: {
    type: 'gauge',
    help: 'Open connections of the worker.',
    labels: OF_WORKER,
  },
  serverengine_log_lines_total: {
    type: 'counter',
    help: 'Lines that the main process got for the log, including dropped ones.',
    labels: [],
  },
  serverengine_log_dropped_total: {
    type: 'counter',
    help: 'Lines that the main process could not write to the log, for example because the disk was full.',
    labels: [],
  },
  serverengine_rollouts_total: {
    type: 'counter',
    help: 'Finished restarts of workers, by outcome.',
    labels: ['result'],
    note: 'Results: `held`, `halted`, `overtaken`.',
  },
  serverengine_config_reloads_total: {
    type: 'counter',
    help: 'Reloads of the configuration, by result.',
    labels: ['result'],
    note: 'Results: `ok`, `failed`.',
  },
  serverengine_worker_metrics_missing: {
    type: 'gauge',
    help: 'Workers whose own metrics are missing in this answer, because they did not send them in time.',
    labels: [],
  },
} as const satisfies Readonly<Record<string, MetricFacts>>;

export type MetricName = keyof typeof METRICS;
