import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { FakeClock } from '../../../src/testing/fake-clock';
import { parseAction } from '../../../src/status-server/action';
import { hasToken } from '../../../src/status-server/check-token';
import { EventStream, frame } from '../../../src/status-server/event-stream';
import { refusalOf, type GuardedRequest } from '../../../src/status-server/http-guard';

const LOOPBACK = { kind: 'tcp', host: '127.0.0.1', port: 9000 } as const;
const EVERYWHERE = { kind: 'tcp', host: '0.0.0.0', port: 9000 } as const;
const UNIX = { kind: 'unix', path: '/run/app.sock' } as const;
const GET = ['GET', 'HEAD'];

describe(refusalOf, () => {
  const of = (
    more: Partial<GuardedRequest>,
    at: Parameters<typeof refusalOf>[2] = LOOPBACK,
    methods = GET,
  ) => {
    const request = {
      method: 'GET',
      host: 'localhost:9000',
      origin: undefined,
      fetchSite: undefined,
      ...more,
    };
    return refusalOf(request, methods, at)?.status;
  };

  it.each(['localhost:9000', 'LOCALHOST', '127.0.0.1:1', '127.9.9.9', '[::1]:9000', 'app.localhost:9000'])(
    'loopback accepts the host name %s',
    (host) => expect(of({ host })).toBeUndefined(),
  );

  it.each([
    'evil.example',
    'evil.example:9000',
    '10.0.0.1:9000',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '',
  ])('loopback rejects the host name %s, against DNS rebinding', (host) => expect(of({ host })).toBe(421));

  it('another address accepts any host name', () => {
    expect(of({ host: 'pod-1.internal:9000' }, EVERYWHERE)).toBeUndefined();
    expect(of({ host: 'anything' }, UNIX)).toBeUndefined();
    expect(of({ host: undefined }, UNIX)).toBe(400);
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'])('a page is not served to a %s request', (method) => {
    expect(of({ method })).toBe(405);
  });

  it.each([
    [{}, undefined],
    [{ origin: 'http://localhost:9000', fetchSite: 'same-origin' }, undefined],
    [{ origin: 'https://localhost:9000' }, undefined],
    [{ origin: 'http://evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ origin: 'http://localhost:9001' }, 403],
    [{ fetchSite: 'cross-site' }, 403],
    [{ fetchSite: 'same-site' }, 403],
    [{ fetchSite: 'none' }, undefined],
  ])('an action with %j', (more, code) =>
    expect(of({ method: 'POST', ...more }, EVERYWHERE, ['POST'])).toBe(code),
  );
});

describe(hasToken, () => {
  const token = 'a-long-token-of-the-test';

  it.each([
    [`Bearer ${token}`, true],
    [`bearer ${token}`, true],
    [`Bearer ${token}x`, false],
    [`Bearer ${token.slice(1)}`, false],
    [`Basic ${token}`, false],
    [token, false],
    ['Bearer ', false],
    ['', false],
    [undefined, false],
  ])('%j gives %s', (header, isRight) => expect(hasToken(header, token)).toBe(isRight));
});

describe(parseAction, () => {
  it.each([
    ['check', '', { kind: 'check' }],
    ['restart', '{}', { kind: 'command', command: { kind: 'restart', graceful: true } }],
    [
      'restart',
      '{"graceful":false,"group":"web"}',
      { kind: 'command', command: { kind: 'restart', graceful: false, group: 'web' } },
    ],
    ['scale', '{"to":3}', { kind: 'command', command: { kind: 'scale', to: 3 } }],
    ['dump', '', { kind: 'command', command: { kind: 'dump' } }],
    ['dump', '{"worker":2}', { kind: 'command', command: { kind: 'dump', worker: 2 } }],
  ])('%s %s', (name, body, action) => expect(parseAction(name, body)).toEqual(action));

  it.each([
    ['stop', '{}', 'there is no action stop; the actions are check, restart, scale, dump'],
    ['restart', '{', 'the body must be JSON'],
    ['restart', '[]', 'the body must be a JSON object'],
    ['restart', '{"group":1}', 'command.group must be a name, got 1.'],
    ['restart', '{"graceful":"no"}', "command.graceful must be true or false, got 'no'."],
    ['restart', '{"kind":"stop","workers":3}', 'command.workers is not a key of this command'],
    ['scale', '{}', 'command needs to, an integer from 0 to 10000, or by'],
    ['scale', '{"to":1e9}', 'command needs to, an integer from 0 to 10000, or by'],
    ['dump', '{"worker":"x"}', "command.worker must be an integer >= 0, got 'x'."],
  ])('%s %s is refused: %s', (name, body, why) =>
    expect(parseAction(name, body)).toEqual(expect.stringContaining(why)),
  );
});

class FakeClient extends EventEmitter {
  text = '';
  isEnded = false;
  writableLength = 0;
  isDestroyed = false;
  writeHead(): void {}
  write(text: string): void {
    this.text += text;
  }
  end(text: string): void {
    this.text += text;
    this.isEnded = true;
  }
  destroy(): void {
    this.isDestroyed = true;
    this.emit('close');
  }
}

describe(EventStream, () => {
  it('an event has a name, one line of data, and an empty line at its end', () => {
    expect(frame('status', { text: 'two\nlines' })).toBe('event: status\ndata: {"text":"two\\nlines"}\n\n');
  });

  async function setUp() {
    const clock = new FakeClock();
    const look = jest.fn(() => Promise.resolve({ pid: 1 }));
    const stream = new EventStream({ look, clock, onFailed: () => {} });
    const add = (): FakeClient => {
      const client = new FakeClient();
      stream.add(client as unknown as ServerResponse);
      return client;
    };
    const pass = async (ms: number): Promise<void> => {
      clock.advance(ms);
      await Promise.resolve();
      await Promise.resolve();
    };
    await pass(10_000);
    expect(look).not.toHaveBeenCalled();
    return { stream, add, look, pass };
  }

  it('polls nothing while no page is open; then at once, every two seconds, and soon after news', async () => {
    const { stream, add, look, pass } = await setUp();
    const client = add();
    await pass(0);
    expect(client.text).toBe('retry: 2000\n\nevent: status\ndata: {"pid":1}\n\n');
    await pass(2000);
    expect(look).toHaveBeenCalledTimes(2);
    stream.news();
    stream.news();
    await pass(150);
    expect(look).toHaveBeenCalledTimes(3);
    client.emit('close');
    await pass(60_000);
    expect(look).toHaveBeenCalledTimes(3);
  });

  it('drops a browser that does not read, refuses the seventeenth, and says goodbye', async () => {
    const { stream, add, pass } = await setUp();
    const slow = add();
    slow.writableLength = 5 * 1024 * 1024;
    await pass(0);
    expect(slow.isDestroyed).toBe(true);
    const clients = Array.from({ length: 16 }, add);
    expect(stream.add(new FakeClient() as unknown as ServerResponse)).toBe(false);
    stream.close();
    expect(clients.every(({ isEnded, text }) => isEnded && text.includes('event: bye'))).toBe(true);
  });
});
