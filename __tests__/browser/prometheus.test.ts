import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { eventually } from '../support/eventually';
import { startRecorded } from '../support/recorded-program';
import { reapAfterEach } from '../support/reaping';
import { StatusClient } from '../support/status-client';
import { tempDir } from '../support/temp-dir';

const SAMPLES = join(__dirname, '../../samples/monitoring');
const PROMETHEUS = ['/usr/bin/prometheus', '/usr/local/bin/prometheus'].find((path) => existsSync(path));

if (PROMETHEUS === undefined) {
  console.warn('The test with a real Prometheus is skipped: install one (Debian: prometheus)');
}

interface Target {
  readonly health: string;
  readonly lastError: string;
}

/** Free a moment ago: Prometheus does not report the port that it was given. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * With the configuration of samples/monitoring, but a scrape of this engine every second. Resolves with a client of
 * its API.
 */
async function startPrometheus(command: string, engine: string): Promise<(path: string) => Promise<unknown>> {
  const directory = tempDir();
  copyFileSync(join(SAMPLES, 'alerts.yml'), join(directory, 'alerts.yml'));
  const sample = readFileSync(join(SAMPLES, 'prometheus.yml'), 'utf8');
  const config = sample.replace('127.0.0.1:9000', engine).replace('15s', '1s');
  writeFileSync(
    join(directory, 'prometheus.yml'),
    `global: { evaluation_interval: 1s, scrape_timeout: 1s }\n${config}`,
  );
  const port = await freePort();
  const child = spawn(
    command,
    [
      `--config.file=${join(directory, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  );
  const ended = once(child, 'exit');
  reapAfterEach(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return async (path) => {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`).catch(() => undefined);
    if (!response?.ok) return undefined;
    return ((await response.json()) as { readonly data: unknown }).data;
  };
}

(PROMETHEUS ? it : it.skip)(
  'a real Prometheus scrapes an engine, and an alert fires in a crash loop',
  async () => {
    const config = { statusListen: ':0', counts: true, restartBackoffMax: 0.5, restartStrategy: 'all' };
    const program = startRecorded('status-server', { config });
    const { fields } = await program.record('status server listening');
    const address = String(fields['address']);
    const ask = await startPrometheus(PROMETHEUS ?? '', address);
    const value = async (query: string): Promise<number | undefined> => {
      const data = (await ask(`query?query=${encodeURIComponent(query)}`)) as
        | { readonly result: readonly { readonly value: readonly [number, string] }[] }
        | undefined;
      return data?.result[0] && Number(data.result[0].value[1]);
    };
    await eventually(
      async () => (await value('sum(serverengine_workers_ready)')) === 3,
      'the workers are scraped',
    );
    // The sum over the workers.
    await eventually(
      async () => (await value('app_requests_total{worker="queue"}')) === 5,
      "a worker's own metric",
    );
    const { activeTargets } = (await ask('targets')) as { readonly activeTargets: readonly Target[] };
    expect(activeTargets.map(({ health, lastError }) => [health, lastError])).toEqual([['up', '']]);

    // The format that it asked for passes the linter of Prometheus.
    const client = new StatusClient(address);
    const accept = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5';
    const { headers, body } = await client.ask('/metrics', { headers: { accept } });
    expect(headers['content-type']).toContain('application/openmetrics-text');
    expect(body.endsWith('# EOF\n')).toBe(true);
    const plain = (await client.ask('/metrics')).body;
    const linted = spawnSync('promtool', ['check', 'metrics'], { input: plain, encoding: 'utf8' });
    expect([linted.status, linted.stdout + linted.stderr]).toEqual([0, '']);

    // Prometheus accepts every query of the dashboard.
    const dashboard = readFileSync(join(SAMPLES, 'grafana-dashboard.json'), 'utf8');
    const { panels } = JSON.parse(dashboard) as {
      readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
    };
    for (const { expr } of panels.flatMap(({ targets }) => targets)) {
      const query = expr
        .replaceAll('$instance', '.*')
        .replaceAll('$group', '.*')
        .replaceAll('$__rate_interval', '1m');
      expect([query, await ask(`query?query=${encodeURIComponent(query)}`)]).not.toEqual([query, undefined]);
    }

    program.setConfig({ ...config, crashing: 1 });
    program.signal('SIGHUP');
    const alert = await eventually(async () => {
      const data = (await ask('alerts')) as {
        readonly alerts: readonly { readonly labels: Record<string, string>; readonly state: string }[];
      };
      return data.alerts.find(
        ({ labels, state }) => labels['alertname'] === 'WorkersCrash' && state === 'firing',
      );
    }, 'the alert fires');
    expect(alert.labels).toMatchObject({ group: 'web', reason: 'crash' });
    const after = (await ask('targets')) as { readonly activeTargets: readonly Target[] };
    expect(after.activeTargets.map(({ lastError }) => lastError)).toEqual(['']);
  },
);
