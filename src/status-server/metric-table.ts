/** Of what kind a metric is. */
export type MetricType = 'gauge' | 'counter' | 'histogram';

export interface MetricFacts {
  readonly type: MetricType;
  readonly help: string;
  readonly labels: readonly string[];
  /** For the reference, behind the sentence of `help`. */
  readonly note?: string;
}

const OF_WORKER = ['group', 'worker'] as const;

/** Every metric of the engine: the page /metrics and docs/metrics.md are made of this table. */
export const METRICS = {
  serverengine_info: {
    type: 'gauge',
    help: 'The engine that is scraped: always 1.',
    labels: ['version', 'role', 'node'],
    note: '`role`: what the main process is, `server` or `supervisor`.',
  },
  serverengine_start_time_seconds: {
    type: 'gauge',
    help: 'When the main process began, in seconds since 1970.',
    labels: [],
  },
  serverengine_ready: {
    type: 'gauge',
    help: 'Whether /readyz says that the engine should get requests: 1 or 0.',
    labels: [],
  },
  serverengine_workers: {
    type: 'gauge',
    help: 'Workers by how far they have come.',
    labels: ['group', 'state'],
    note: 'States: `waiting`, `starting`, `running`, `draining`, `stopping`, `standby`, `over`. Every state is there, also at 0.',
  },
  serverengine_workers_ready: {
    type: 'gauge',
    help: 'Workers that are able to serve.',
    labels: ['group'],
  },
  serverengine_workers_target: {
    type: 'gauge',
    help: 'How many workers there are to be.',
    labels: ['group'],
  },
  serverengine_worker_restarts_total: {
    type: 'counter',
    help: 'Workers that ended and were to be replaced, by why they ended.',
    labels: ['group', 'reason'],
    note: 'Reasons: those of a death record, and `returned` for one that ended by itself with status 0. Ends that nothing follows (`stop`, `scale_down`, `upgrade`, `unrecoverable`) do not count.',
  },
  serverengine_worker_start_seconds: {
    type: 'histogram',
    help: 'From the start of a worker until it was ready.',
    labels: ['group'],
  },
  serverengine_worker_drain_seconds: {
    type: 'histogram',
    help: 'From the moment when a worker was told to stop until it had ended.',
    labels: ['group'],
    note: 'Workers that ended without being told to are not in it.',
  },
  serverengine_worker_uptime_seconds: {
    type: 'gauge',
    help: 'Since the start of the worker.',
    labels: OF_WORKER,
  },
  serverengine_worker_resident_memory_bytes: {
    type: 'gauge',
    help: 'Memory of the process of the worker.',
    labels: OF_WORKER,
    note: 'A thread has none of its own.',
  },
  serverengine_worker_heap_used_bytes: {
    type: 'gauge',
    help: 'Memory that the JavaScript of the worker uses.',
    labels: OF_WORKER,
  },
  serverengine_worker_event_loop_delay_seconds: {
    type: 'gauge',
    help: 'The longest delay of the event loop of the worker since its last heartbeat but one.',
    labels: OF_WORKER,
  },
  serverengine_worker_event_loop_utilization: {
    type: 'gauge',
    help: 'Share of the time that the event loop of the worker was busy, 0 to 1, between its last two heartbeats.',
    labels: OF_WORKER,
    note: 'Without `autoscale`, and where the program has not loaded `node:perf_hooks`, the share of a processor that the process took stands for it.',
  },
  serverengine_worker_heartbeat_age_seconds: {
    type: 'gauge',
    help: 'How long ago the event loop of the worker was last heard of.',
    labels: OF_WORKER,
  },
  serverengine_worker_jobs_total: {
    type: 'counter',
    help: 'What the worker has counted by jobDone().',
    labels: OF_WORKER,
    note: 'Begins at 0 in each new worker, as counters do.',
  },
  serverengine_worker_connections: {
    type: 'gauge',
    help: 'Connections of the worker that are open.',
    labels: OF_WORKER,
  },
  serverengine_log_lines_total: {
    type: 'counter',
    help: 'Lines that came to the log of the main process, dropped ones too.',
    labels: [],
  },
  serverengine_log_dropped_total: {
    type: 'counter',
    help: 'Lines that the main process could not write to the log, as with a full disk.',
    labels: [],
  },
  serverengine_rollouts_total: {
    type: 'counter',
    help: 'Restarts of workers that are over, by their outcome.',
    labels: ['result'],
    note: 'Results: `held`, `halted`, `overtaken`.',
  },
  serverengine_config_reloads_total: {
    type: 'counter',
    help: 'Reloads of the configuration, by whether the new one was taken.',
    labels: ['result'],
    note: 'Results: `ok`, `failed`.',
  },
  serverengine_worker_metrics_missing: {
    type: 'gauge',
    help: 'Workers whose own metrics are not in this answer, because they did not give them in time.',
    labels: [],
  },
} as const satisfies Readonly<Record<string, MetricFacts>>;

export type MetricName = keyof typeof METRICS;
