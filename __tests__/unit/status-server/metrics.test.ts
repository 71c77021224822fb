import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { EventHub } from '../../../src/contract/event-hub';
import { METRICS } from '../../../src/status-server/metric-table';
import { renderMetrics, wantsOpenMetrics } from '../../../src/status-server/render-metrics';
import { statusMetrics, type MetricData } from '../../../src/status-server/status-metrics';
import { TreeCounters } from '../../../src/status-server/tree-counters';
import { parseWorkerMetrics } from '../../../src/status-server/worker-metrics';
import { fakeLogger } from '../contract/fake-logger';
import { death, group, NOW, status, worker } from './fake-status';

const STATUS = status({
  groups: [
    group({
      target: 2,
      start: 'fork',
      template: { state: 'lost', pid: undefined, uptimeMs: 0, reason: 'signal SIGKILL', retryMs: 9 },
    }),
  ],
  workers: [
    worker({
      rssBytes: 50_000_000,
      loopDelayMs: 12,
      utilization: 0.25,
      jobs: 7,
      connections: 3,
      heartbeatAgeMs: 400,
    }),
    worker({ workerId: 1, state: 'waiting', ready: false, pid: undefined, uptimeMs: 0 }),
    // The predecessor of worker 0, which overlaps with it.
    worker({ state: 'draining', ready: false, generation: 0, rssBytes: 1 }),
  ],
  standby: [{ group: 'web', pid: 5, state: 'standby', uptimeMs: 1 }],
});

async function ownMetrics(): Promise<readonly MetricData[]> {
  const counters = new TreeCounters();
  const events = new EventHub();
  counters.listen(events);
  const emit = events.emitter(fakeLogger());
  const started = { group: 'web', workerId: 0, generation: 1, pid: 1 };
  emit('workerStarted', { ...started, start: 'fork' });
  emit('workerStarted', started);
  emit('workerReady', { ...started, startMs: 300 });
  emit('workerExited', death({ reason: 'crash' }));
  emit('workerExited', death({ reason: undefined, code: 0 }));
  emit('workerExited', death({ reason: 'restart', drainMs: 700 }));
  emit('workerExited', death({ reason: 'scale_down', drainMs: 100 }));
  emit('rollout', { group: 'web', kind: 'begun', replaced: 0, left: 1 });
  emit('rollout', { group: 'web', kind: 'held', replaced: 1, left: 0 });
  emit('configReloaded', { ok: false, changed: [], needsRestart: [] });
  const readiness = { ready: true, reasons: [] };
  const log = { lines: 12, dropped: 1 };
  return [
    ...statusMetrics({ status: STATUS, readiness, log, missing: 1, node: '20.0.0' }),
    ...(await counters.metrics(STATUS.groups)),
  ];
}

function counterOf(value: number): MetricData {
  return {
    name: 'app_requests_total',
    help: 'Requests.',
    type: 'counter',
    aggregator: 'sum',
    values: [{ value, labels: { path: '/' } }],
  } as unknown as MetricData;
}

/** Undefined without the tool. */
function promtool(text: string): string | undefined {
  const {
    error,
    status: code,
    stdout,
    stderr,
  } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  return error ? undefined : `${String(code)} ${stdout}${stderr}`;
}

describe('/metrics', () => {
  it('has every metric of the table with values of this status', async () => {
    const { text, contentType } = await renderMetrics(await ownMetrics(), [], false);
    expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
    const lines = text.split('\n');
    const names = lines.filter((line) => line.startsWith('# TYPE ')).map((line) => line.split(' ')[2]);
    const valueless = ['serverengine_worker_heap_used_bytes'];
    expect([...names, ...valueless].sort()).toEqual(Object.keys(METRICS).sort());
    expect(lines).toEqual(
      expect.arrayContaining([
        'serverengine_info{version="1.2.3",role="supervisor",node="20.0.0"} 1',
        `serverengine_start_time_seconds ${NOW / 1000}`,
        'serverengine_ready 1',
        'serverengine_workers{group="web",state="running"} 1',
        'serverengine_workers{group="web",state="waiting"} 1',
        'serverengine_workers{group="web",state="draining"} 1',
        'serverengine_workers{group="web",state="standby"} 1',
        'serverengine_workers{group="web",state="over"} 0',
        'serverengine_workers_ready{group="web"} 1',
        'serverengine_workers_target{group="web"} 2',
        'serverengine_fork_template{group="web",state="ready"} 0',
        'serverengine_fork_template{group="web",state="lost"} 1',
        // A thread or a foreign program is no worker process that is spawned or forked.
        'serverengine_worker_starts_total{group="web",start="fork"} 1',
        'serverengine_worker_starts_total{group="web",start="spawn"} 0',
        'serverengine_worker_restarts_total{group="web",reason="crash"} 1',
        // There from the start: an alert on increase() would miss the first one.
        'serverengine_worker_restarts_total{group="web",reason="oom"} 0',
        'serverengine_worker_restarts_total{group="web",reason="returned"} 1',
        'serverengine_worker_restarts_total{group="web",reason="restart"} 1',
        'serverengine_worker_start_seconds_bucket{le="0.25",group="web"} 0',
        'serverengine_worker_start_seconds_bucket{le="0.5",group="web"} 1',
        'serverengine_worker_drain_seconds_count{group="web"} 2',
        'serverengine_worker_resident_memory_bytes{group="web",worker="0"} 50000000',
        'serverengine_worker_event_loop_delay_seconds{group="web",worker="0"} 0.012',
        'serverengine_worker_event_loop_utilization{group="web",worker="0"} 0.25',
        'serverengine_worker_heartbeat_age_seconds{group="web",worker="0"} 0.4',
        'serverengine_worker_jobs_total{group="web",worker="0"} 7',
        'serverengine_worker_connections{group="web",worker="0"} 3',
        'serverengine_log_lines_total 12',
        'serverengine_log_dropped_total 1',
        'serverengine_rollouts_total{result="held"} 1',
        'serverengine_rollouts_total{result="halted"} 0',
        'serverengine_config_reloads_total{result="failed"} 1',
        'serverengine_worker_metrics_missing 1',
      ]),
    );
    // A worker without a successor is no restart.
    expect(text).not.toContain('scale_down');
  });

  it('passes promtool check metrics', async () => {
    const { text } = await renderMetrics(await ownMetrics(), [[counterOf(1)]], false);
    const found = promtool(text);
    if (found === undefined)
      console.warn('promtool is not installed (Debian: prometheus): this check is skipped');
    else expect(found).toBe('0 ');
  });

  it('adds up the counters of workers, and omits names of the engine', async () => {
    const own = { ...counterOf(5), name: 'serverengine_workers_target' } as MetricData;
    const { text } = await renderMetrics([], [[counterOf(2), own], [counterOf(3)]], false);
    expect(text).toContain('app_requests_total{path="/"} 5\n');
    expect(text).not.toContain('serverengine_');
  });

  it("has each counter's ending once in OpenMetrics, and the end mark", async () => {
    const { text, contentType } = await renderMetrics(await ownMetrics(), [[counterOf(2)]], true);
    expect(contentType).toMatch(/^application\/openmetrics-text; version=1\.0\.0/);
    expect(text).toContain(
      '# TYPE serverengine_rollouts counter\nserverengine_rollouts_total{result="held"} 1\n',
    );
    expect(text).toContain('# TYPE app_requests counter\napp_requests_total{path="/"} 2\n');
    expect(text).not.toContain('_total_total');
    expect(text.endsWith('\n# EOF\n')).toBe(true);
    // The next scrape may use the other format.
    expect((await renderMetrics(await ownMetrics(), [], false)).text).toContain(
      'serverengine_rollouts_total{',
    );
  });

  it('uses the first type when two workers give one name to two metrics', async () => {
    const gauge = { ...counterOf(9), type: 'gauge' } as unknown as MetricData;
    expect((await renderMetrics([], [[counterOf(2)], [gauge]], false)).text).toContain('{path="/"} 2\n');
  });

  it.each([
    ['application/openmetrics-text;version=1.0.0,text/plain;q=0.5', true],
    ['text/plain', false],
    [undefined, false],
  ])('answers %s in the Accept header', (accept, isOpen) => expect(wantsOpenMetrics(accept)).toBe(isOpen));
});

describe(parseWorkerMetrics, () => {
  it('parses the JSON of prom-client', () => {
    expect(parseWorkerMetrics(JSON.stringify([counterOf(2)]))).toEqual([counterOf(2)]);
  });

  it.each(['', '{', '7', '{"name":"x"}'])('rejects %j', (text) =>
    expect(parseWorkerMetrics(text)).toBeUndefined(),
  );

  it('omits unknown shapes, and sums metrics with custom aggregators', () => {
    const odd = [
      null,
      { name: 'no spaces', help: '', type: 'counter', values: [] },
      { name: 'a', help: 'x', type: 'unknown', values: [] },
      { name: 'b', help: 'x', type: 'gauge', values: [{ value: 'many', labels: {} }] },
      { name: 'c', help: 'x', type: 'gauge', aggregator: 'mine', values: [{ value: null, labels: {} }] },
    ];
    expect(parseWorkerMetrics(JSON.stringify(odd))).toEqual([
      { name: 'c', help: 'x', type: 'gauge', aggregator: 'sum', values: [{ value: NaN, labels: {} }] },
    ]);
  });
});

describe('samples/monitoring', () => {
  const sample = (name: string): string =>
    readFileSync(join(__dirname, '../../../samples/monitoring', name), 'utf8');
  const rules = parse(sample('alerts.yml')) as {
    readonly groups: readonly { readonly rules: readonly { readonly expr: string }[] }[];
  };
  const dashboard = JSON.parse(sample('grafana-dashboard.json')) as {
    readonly panels: readonly {
      readonly id: number;
      readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
    }[];
  };
  const targets = dashboard.panels.flatMap((panel) => panel.targets);
  const queries = [
    ...rules.groups.flatMap((one) => one.rules.map(({ expr }) => expr)),
    ...targets.map(({ expr }) => expr),
  ];
  /** Labels that Prometheus adds. */
  const COMMON = ['instance', 'job', 'le'];

  it.each(queries)('uses existing metrics and labels: %s', (query) => {
    const named = [...query.matchAll(/(serverengine_\w+?)(?:_bucket)?(?=[{[\s)]|$)(?:\{([^}]*)\})?/g)];
    const labels: string[] = [...COMMON];
    for (const [, name = '', selector = ''] of named) {
      const facts = Object.hasOwn(METRICS, name) ? METRICS[name as keyof typeof METRICS] : undefined;
      expect([name, facts?.type]).not.toEqual([name, undefined]);
      labels.push(...(facts?.labels ?? []));
      const own: readonly string[] = [...COMMON, ...(facts?.labels ?? [])];
      for (const [, label = ''] of selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)) expect(own).toContain(label);
    }
    for (const [, by = ''] of query.matchAll(/\bby \(([^)]*)\)/g))
      for (const label of by.split(',')) expect(labels).toContain(label.trim());
    expect(named.length > 0 || query.startsWith('up{')).toBe(true);
  });

  it('shows every metric of the engine except those about the scrape itself', () => {
    const all = targets.map(({ expr }) => expr).join('\n');
    const missing = Object.keys(METRICS).filter((name) => !all.includes(name));
    expect(missing).toEqual([
      'serverengine_worker_uptime_seconds',
      'serverengine_log_lines_total',
      'serverengine_worker_metrics_missing',
    ]);
  });

  it('has distinguishable panels, and legends with existing labels', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const known: readonly string[] = Object.values(METRICS).flatMap(({ labels }) => labels);
    for (const { legendFormat } of targets)
      for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) expect(known).toContain(label);
  });

  it('has rules that promtool accepts, where it is installed', () => {
    const path = join(__dirname, '../../../samples/monitoring/alerts.yml');
    const checked = spawnSync('promtool', ['check', 'rules', path], { encoding: 'utf8' });
    expect(checked.error ?? checked.stdout).toEqual(
      checked.error ? expect.objectContaining({ code: 'ENOENT' }) : expect.stringContaining('SUCCESS'),
    );
  });
});
