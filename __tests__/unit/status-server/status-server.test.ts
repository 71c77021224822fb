import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { BlockingFlag } from '../../../src/common/blocking-flag';
import { EventHub } from '../../../src/contract/event-hub';
import { ServiceSockets } from '../../../src/sockets/service-sockets';
import { startStatusServer, type StatusServerContext } from '../../../src/status-server/start-status-server';
import { reapAfterEach } from '../../support/reaping';
import { fakeLogger } from '../contract/fake-logger';
import { death, group, status, worker } from './fake-status';

const TOKEN = 'a-token-of-some-length';
const JSON_BODY = { 'content-type': 'application/json' };
const ALLOWED = { authorization: `Bearer ${TOKEN}`, ...JSON_BODY };

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Answered {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function served(more: Partial<StatusServerContext['running']> = {}, token: string | null = TOKEN) {
  const logger = fakeLogger();
  const events = new EventHub();
  const serviceSockets = new ServiceSockets([]);
  const submit = jest.fn(() => Promise.resolve({ ok: true }));
  const running = {
    status: () => Promise.resolve(status({ groups: [group()], workers: [worker()] })),
    programMetrics: () => Promise.resolve([]),
    submit,
    ...more,
  } as unknown as StatusServerContext['running'];
  const isSucceeded = new BlockingFlag();
  const server = await startStatusServer({
    engine: { statusListen: '127.0.0.1:0', statusToken: token ?? undefined, restartBackoffResetMs: 1000 },
    running,
    events,
    logger,
    serviceSockets,
    isSucceeded,
    isUp: new BlockingFlag(),
    logCounts: () => ({}) as never,
    predecessor: undefined,
  });
  reapAfterEach(() => server.close());
  const [, fields] = logger.info.mock.calls.find(([message]) => message === 'status server listening')!;
  const { address } = fields as unknown as { address: string };
  const ask = async (path: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<Answered> => {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request(`http://${address}${path}`, { method, headers, agent: false }, resolve)
        .once('error', reject)
        .end(body);
    });
    return { status: response.statusCode, headers: response.headers, body: await text(response) };
  };
  return { ask, logger, submit, serviceSockets, server, isSucceeded };
}

describe('the status server', () => {
  it('answers each path from one table', async () => {
    const { ask } = await served();
    const seen = async (path: string): Promise<unknown> => JSON.parse((await ask(path)).body);
    expect(await seen('/healthz')).toEqual({ status: 'ok' });
    expect(await seen('/readyz')).toMatchObject({ ready: true });
    expect(await seen('/status.json')).toMatchObject({ workers: [{ pid: 100 }] });
    expect(await seen('/view.json')).toMatchObject({ hasActions: true, readiness: { ready: true } });
    expect(await seen('/history.json')).toMatchObject({ groups: { web: {} } });
    expect(await seen('/history.json?group=web&worker=7')).toEqual({ at: [] });
    const metrics = await ask('/metrics');
    expect(metrics.headers).toMatchObject({ vary: 'Accept' });
    expect(metrics.body).toMatch(/^# HELP serverengine_/m);
    expect((await ask('//')).status).toBe(404);
    const { headers, body } = await ask('/healthz', { method: 'HEAD' });
    expect([headers['content-length'], body]).toEqual(['16', '']);
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-frame-options': 'DENY' });
  });

  it('says 503 to probes while no worker is ready', async () => {
    const unready = status({
      groups: [group()],
      workers: [worker({ ready: false, lastExit: death() })],
    });
    const { ask } = await served({ status: () => Promise.resolve(unready) });
    const { status: code, body } = await ask('/readyz');
    expect([code, JSON.parse(body)]).toMatchObject([503, { ready: false }]);
  });

  it.each<[string, string, Asked, number]>([
    ['another method', '/healthz', { method: 'POST' }, 405],
    ['reading an action', '/actions/restart', {}, 405],
    ['no token', '/actions/restart', { method: 'POST', headers: JSON_BODY }, 401],
    ['a form', '/actions/restart', { method: 'POST', headers: { authorization: `Bearer ${TOKEN}` } }, 415],
    ['a long body', '/actions/restart', { method: 'POST', headers: ALLOWED, body: ' '.repeat(5000) }, 413],
    ['no JSON', '/actions/restart', { method: 'POST', headers: ALLOWED, body: '{' }, 400],
    ['an unknown action', '/actions/explode', { method: 'POST', headers: ALLOWED }, 400],
    ['another host name', '/healthz', { headers: { host: 'evil.example' } }, 421],
    [
      'another site',
      '/actions/restart',
      { method: 'POST', headers: { ...ALLOWED, origin: 'http://evil.example' } },
      403,
    ],
  ])('refuses %s, and no command is submitted', async (_what, path, asked, expected) => {
    const { ask, submit } = await served();
    const { status: code, body } = await ask(path, asked);
    expect([code, typeof (JSON.parse(body) as { error: unknown }).error]).toEqual([expected, 'string']);
    expect(submit).not.toHaveBeenCalled();
  });

  it('submits what the page may ask for, and answers with the result', async () => {
    const { ask, submit } = await served();
    const post = (name: string, body?: string) =>
      ask(`/actions/${name}`, { method: 'POST', headers: ALLOWED, ...(body !== undefined && { body }) });
    expect(JSON.parse((await post('check')).body)).toEqual({ ok: true });
    expect(submit).not.toHaveBeenCalled();
    expect((await post('restart')).status).toBe(200);
    expect(submit).toHaveBeenLastCalledWith({ kind: 'restart', graceful: true });
  });

  it('has no actions without a token', async () => {
    const { ask } = await served({}, null);
    expect((await ask('/actions/restart', { method: 'POST', headers: ALLOWED })).status).toBe(403);
    expect(JSON.parse((await ask('/view.json')).body)).toMatchObject({ hasActions: false });
  });

  it('logs why a request failed, and goes on', async () => {
    const { ask, logger } = await served({ programMetrics: () => Promise.reject(new Error('broken')) });
    expect((await ask('/metrics')).status).toBe(500);
    expect(logger.error).toHaveBeenCalledWith(
      'a request to the status server failed',
      expect.objectContaining({ path: '/metrics' }),
    );
    expect((await ask('/healthz')).status).toBe(200);
  });

  it('offers its socket to a successor until it is closed', async () => {
    const { serviceSockets, server } = await served();
    expect(serviceSockets.entries()).toHaveLength(1);
    await server.close();
    await server.close();
    expect(serviceSockets.entries()).toEqual([]);
  });

  it.each([
    ['nonsense', /^statusListen: nonsense is not an address\.$/],
    ['192.0.2.1:0', /cannot listen on 192\.0\.2\.1:0: .*This machine does not have that address\./],
  ])('statusListen %s is an error with the reason', async (statusListen, expected) => {
    await expect(
      startStatusServer({
        engine: { statusListen, statusToken: undefined, restartBackoffResetMs: 1000 },
        running: { status: () => Promise.resolve(status()) } as unknown as StatusServerContext['running'],
        events: new EventHub(),
        logger: fakeLogger(),
        serviceSockets: new ServiceSockets([]),
        isUp: new BlockingFlag(),
        isSucceeded: new BlockingFlag(),
        logCounts: () => ({}) as never,
        predecessor: undefined,
      }),
    ).rejects.toThrow(expected);
  });
});
