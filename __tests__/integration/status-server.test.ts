import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import net from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import type { EngineStatus, ScaleResult } from 'serverengine';
import { askHttp } from '../support/clients';
import { eventually } from '../support/eventually';
import { signalPid } from '../support/processes';
import { startRecorded, type RecordedProgram } from '../support/recorded-program';
import { StatusClient } from '../support/status-client';
import { tempDir } from '../support/temp-dir';
import { reapAfterEach } from '../support/reaping';

interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly { readonly kind: string; readonly why: string }[];
}

async function clientOf(program: RecordedProgram, since = 0): Promise<StatusClient> {
  const { fields } = await program.record('status server listening', { since });
  return new StatusClient(String(fields['address']));
}

/** Resolves with the answer once /readyz has this status. */
function ready(client: StatusClient, wanted: 200 | 503, kind = ''): Promise<Readiness> {
  return eventually(async () => {
    const { status, body } = await client.ask('/readyz');
    const readiness = JSON.parse(body) as Readiness;
    const isIt = status === wanted && (kind === '' || readiness.reasons.some((one) => one.kind === kind));
    return isIt ? readiness : undefined;
  }, `/readyz says ${wanted} ${kind}`);
}

/** Asks as a load balancer does: one probe after the other, each on its own connection. */
function probeUntilStopped(client: StatusClient) {
  let isStopped = false;
  let answered = 0;
  const failures: string[] = [];
  const loop = async (): Promise<void> => {
    while (!isStopped) {
      const status = await client.ask('/healthz').then((answer) => answer.status, String);
      if (status === 200) answered += 1;
      else failures.push(String(status));
    }
  };
  const ended = Promise.all([loop(), loop()]);
  return {
    stop: async () => {
      isStopped = true;
      await ended;
      return { answered, failures };
    },
  };
}

it('the status server is scraped through a hang, kill -9 of the server, a crash loop and a drain', async () => {
  const config = {
    supervisor: true,
    serverRestartWait: 0.1,
    counts: true,
    statusListen: ':0',
    restartBackoffMax: 0.2,
    restartBackoffReset: 3,
    restartStrategy: 'all',
    drainDelay: 1,
    signalUpgrade: 'PROF',
  };
  const program = startRecorded('status-server', { config });
  const client = await clientOf(program);
  expect((await client.ask('/healthz')).status).toBe(200);
  await ready(client, 200);
  const port = await program.port();

  for (let asked = 0; asked < 5; asked += 1) await askHttp(port);
  // A group is ready with its first worker.
  await eventually(async () => {
    const metrics = await client.ask('/metrics');
    return /^serverengine_worker_start_seconds_count\{group="web"\} 2$/m.test(metrics.body);
  }, 'both workers have started');
  const { body, headers } = await client.ask('/metrics');
  expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  const sum = (text: string): number =>
    [...text.matchAll(/^app_requests_total\{worker="\d"\} (\d+)$/gm)].reduce(
      (all, [, n]) => all + Number(n),
      0,
    );
  expect(sum(body)).toBe(5);
  expect(body).toContain('app_requests_total{worker="queue"} 5\n');
  expect(body).toContain('app_seconds_count 5\n');
  expect(body).not.toContain('serverengine_workers 99');
  expect(body).toMatch(/^serverengine_worker_start_seconds_count\{group="web"\} 2$/m);
  const checked = spawnSync('promtool', ['check', 'metrics'], { input: body, encoding: 'utf8' });
  if (checked.error)
    console.warn('promtool is not installed (Debian: prometheus): /metrics is not checked by it');
  else expect(checked.stdout + checked.stderr).toBe('');

  // The scrape leaves out a worker that hangs, and says so. Its counts so far are kept.
  await fetch(`http://127.0.0.1:${port}/block`, { headers: { connection: 'close' } });
  await eventually(
    async () => (await client.metric('serverengine_worker_metrics_missing')) === 1,
    'one is missing',
  );
  const { body: meanwhile } = await client.ask('/metrics');
  expect(sum(meanwhile)).toBeGreaterThanOrEqual(5);
  await eventually(
    async () => (await client.metric('serverengine_worker_metrics_missing')) === 0,
    'it answers again',
  );
  const counted = sum((await client.ask('/metrics')).body);
  expect(counted).toBe(6);

  const { fields } = await program.record('server process started');
  signalPid(Number(fields['pid']), 'SIGKILL');
  await ready(client, 503);
  expect((await client.ask('/healthz')).status).toBe(200);
  await ready(client, 200);
  expect(sum((await client.ask('/metrics')).body)).toBe(counted);

  program.setConfig({ ...config, crashing: 1 });
  program.signal('SIGHUP');
  const { reasons } = await ready(client, 503, 'crash_loop');
  expect(reasons.map(({ why }) => why).join()).toMatch(
    /worker 1 of the group web crashes again and again: status 3 \(crash\)/,
  );
  const { deaths } = await client.json<EngineStatus>('/status.json');
  expect(
    deaths.some(
      ({ reason, lastLines }) => reason === 'crash' && lastLines?.join().includes('no database here'),
    ),
  ).toBe(true);
  expect(
    await client.metric('serverengine_worker_restarts_total{group="web",reason="crash"}'),
  ).toBeGreaterThan(1);
  program.setConfig(config);
  program.signal('SIGHUP');
  // Not before the new worker has lived for restartBackoffReset.
  await ready(client, 200);

  // An address that cannot be open beside the old one.
  const everywhere = client.address.replace('127.0.0.1', '0.0.0.0');
  const since = program.now;
  program.setConfig({ ...config, statusListen: everywhere });
  program.signal('SIGPROF');
  await program.record({ message: 'status server listening', address: everywhere }, { since });
  await ready(client, 200);
  expect((await client.json<EngineStatus>('/status.json')).pid).not.toBe(program.pid);

  program.signal('SIGTERM');
  await ready(client, 503, 'state');
  expect(await askHttp(await program.port())).toMatch(/^\d /);
  expect((await program.exited).code).toBe(0);
});

it('the status server on a unix path serves its page, actions with a token, open pages, an upgrade and the end', async () => {
  const path = join(tempDir(), 'status.sock');
  const token = 'token-of-the-test-1234';
  const config = { statusListen: path, statusToken: token, signalUpgrade: 'PROF' };
  const program = startRecorded('status-server', { config });
  const client = await clientOf(program);
  await ready(client, 200);
  expect(statSync(path).mode & 0o777).toBe(0o660);

  const page = await client.ask('/');
  expect(page.status).toBe(200);
  expect(page.headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
  for (const [, file] of page.body.matchAll(/(?:src|href)="(\/page\/[^"]+)"/g)) {
    expect([file, (await client.ask(file ?? '')).status]).toEqual([file, 200]);
  }
  expect((await client.ask('/page/../package.json')).status).toBe(404);
  expect((await client.ask('/', { method: 'DELETE' })).status).toBe(405);
  expect((await client.ask(`/${'x'.repeat(9000)}`).catch(() => ({ status: 431 }))).status).toBe(431);

  const open = client.follow();
  await eventually(() => open.text().includes('event: status\n'), 'the page is told');
  expect((await client.act('scale', 'not-the-token-of-it', { group: 'web', to: 3 })).status).toBe(401);
  const foreign = { origin: 'http://evil.example' };
  expect((await client.act('scale', token, { group: 'web', to: 3 }, foreign)).status).toBe(403);
  const scaled = await client.act('scale', token, { group: 'web', to: 3 });
  expect(JSON.parse(scaled.body) as ScaleResult).toEqual({ ok: true, from: 2, to: 3 });
  await eventually(() => open.text().includes('"workerId":2'), 'the page is told of the third worker');
  expect((await client.act('restart', token, { group: 'nobody' })).body).toContain('"ok":false');

  const since = program.now;
  const probes = probeUntilStopped(client);
  program.signal('SIGPROF');
  await program.record('upgrade: the successor serves');
  await eventually(() => open.text().includes('event: bye'), 'the page is told to come again');
  await program.record('status server listening', { since });
  await ready(client, 200);
  expect((await client.json<EngineStatus>('/status.json')).pid).not.toBe(program.pid);
  // Both processes have answered, and no probe was refused in between.
  const { answered, failures } = await probes.stop();
  expect(failures).toEqual([]);
  expect(answered).toBeGreaterThan(10);

  expect((await program.stop()).code).toBe(0);
  await program.allGone();
  expect(existsSync(path)).toBe(false);
});

it('a status port in use is a clear error at the start', async () => {
  const taken = net.createServer().listen(0, '127.0.0.1');
  reapAfterEach(() => void taken.close());
  await once(taken, 'listening');
  const { port } = taken.address() as net.AddressInfo;
  const program = startRecorded('status-server', { config: { statusListen: `:${port}` } });
  expect((await program.exited).code).toBe(1);
  expect(program.output).toContain(
    `cannot start: statusListen: cannot listen on 127.0.0.1:${port}: listen EADDRINUSE: 127.0.0.1:${port}. Another program listens there`,
  );
});
