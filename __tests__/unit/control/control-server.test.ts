import { once } from 'node:events';
import net from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import type { AnyResult, Command } from '../../../src/commands/command';
import { Deferred } from '../../../src/common/deferred';
import { EventHub } from '../../../src/contract/event-hub';
import { ControlClient } from '../../../src/control/control-client';
import { ControlServer } from '../../../src/control/control-server';
import { reapAfterEach } from '../../support/reaping';
import { tempDir } from '../../support/temp-dir';
import { fakeLogger } from '../contract/fake-logger';

const SCALED = { ok: true, from: 1, to: 2 };
const STATUS = { pid: 7, workers: [] };
const LOG = { path: '/var/log/app.log', target: 'file', format: 'text' } as const;
const LIMIT_MS = 20_000;

async function setUp(submit: (command: Command) => Promise<AnyResult> = () => Promise.resolve(SCALED)) {
  const path = join(tempDir(), 'c.sock');
  const events = new EventHub();
  const commands: Command[] = [];
  const control = new ControlServer({
    running: {
      submit: (command: Command) => {
        commands.push(command);
        return submit(command) as Promise<never>;
      },
      status: () => Promise.resolve(STATUS as never),
      programMetrics: () => Promise.resolve([]),
    },
    events,
    hello: { version: '1.2.3', pid: 7, role: 'server' },
    log: () => LOG,
  });
  control.server.listen(path);
  await once(control.server, 'listening');
  reapAfterEach(() => control.close());
  const client = async (): Promise<ControlClient> => {
    const made = await ControlClient.connect(path, LIMIT_MS);
    reapAfterEach(() => made.close());
    return made;
  };
  return { path, control, events, commands, client };
}

/** Sends bytes and closes its side, as nc does. Resolves with every received line. */
async function talk(path: string, ...chunks: readonly (string | Buffer)[]): Promise<unknown[]> {
  const socket = net.connect({ path, allowHalfOpen: true });
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  // The other side may close while this one still writes.
  socket.on('error', () => {});
  for (const chunk of chunks) socket.write(chunk);
  socket.end();
  await once(socket, 'close');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line));
}

function connectionsOf(server: net.Server): Promise<number> {
  return new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
}

const HELLO = { v: 1, hello: { version: '1.2.3', pid: 7, role: 'server' } };
const request = (id: number, what: object): string => `${JSON.stringify({ v: 1, id, ...what })}\n`;
const scale = { request: 'command', command: { kind: 'scale', to: 2 } };

describe(ControlServer, () => {
  it('sends hello and answers every request by its number, also to a client that has closed its side', async () => {
    const { path, commands } = await setUp();
    const whole = request(1, scale) + request(2, { request: 'status' }) + request(3, { request: 'log' });
    const answers = await talk(path, whole.slice(0, 10), whole.slice(10));
    expect(answers[0]).toEqual(HELLO);
    expect(answers).toContainEqual({ v: 1, id: 1, answer: SCALED });
    expect(answers).toContainEqual({ v: 1, id: 2, answer: STATUS });
    expect(answers).toContainEqual({ v: 1, id: 3, answer: LOG });
    expect(commands).toEqual([{ kind: 'scale', to: 2 }]);
  });

  it('answers an invalid command with the error, and continues', async () => {
    const { path, commands } = await setUp();
    const wrong = { request: 'command', command: { kind: 'scale', to: -1 } };
    const answers = await talk(path, request(1, wrong), request(2, { request: 'no' }), request(3, scale));
    expect(answers).toContainEqual({ v: 1, id: 1, error: expect.stringMatching(/integer from 0/) as string });
    expect(answers).toContainEqual({ v: 1, id: 2, error: expect.stringMatching(/got 'no'/) as string });
    expect(answers).toContainEqual({ v: 1, id: 3, answer: SCALED });
    expect(commands).toHaveLength(1);
  });

  it.each([
    ['garbage', 'GET / HTTP/1.1\r\n\r\n', /JSON object/],
    ['another version', '{"v":9,"id":1,"request":"status"}\n', /v must be 1/],
    ['a line that is too long', `{"v":1,"x":"${'y'.repeat(70_000)}`, /65536 bytes/],
  ])('closes a connection with %s, and ignores the rest of its input', async (_what, bytes, error) => {
    const { path, commands } = await setUp();
    const answers = await talk(path, bytes + request(1, scale));
    expect(answers).toEqual([HELLO, { v: 1, error: expect.stringMatching(error) as string }]);
    expect(commands).toEqual([]);
  });

  it('survives any input', async () => {
    const { path, commands } = await setUp();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.string(), fc.json(), fc.constant('\n')), { maxLength: 5 }),
        async (chunks) => {
          expect((await talk(path, ...chunks.filter((chunk) => chunk !== '')))[0]).toEqual(HELLO);
        },
      ),
      { numRuns: 50 },
    );
    await talk(path, request(1, scale));
    expect(commands).toHaveLength(1);
  });

  it('accepts a limited number of clients, and tells the next one', async () => {
    const { path, client } = await setUp();
    const clients = await Promise.all(Array.from({ length: 32 }, client));
    expect(await talk(path)).toEqual([
      { v: 1, error: '32 clients are connected, and the socket takes no more' },
    ]);
    clients[0]!.close();
    await clients[0]!.closed;
    await expect(client()).resolves.toBeDefined();
  });

  it('refuses more requests than a client can be waiting for', async () => {
    const { path } = await setUp(() => new Promise(() => {}));
    const answers = await talk(path, Array.from({ length: 33 }, (_, id) => request(id, scale)).join(''));
    expect(answers[1]).toEqual({
      v: 1,
      error: expect.stringMatching(/^32 requests have no answer/) as string,
    });
  }, 10_000);

  it('sends events to a client that listens, and drops one that does not read', async () => {
    const { path, control, events, client } = await setUp();
    const emit = events.emitter(fakeLogger());
    const listener = await client();
    const heard: unknown[] = [];
    const arrived = new Deferred<boolean>();
    await listener.subscribe((event, payload) => {
      heard.push([event, payload]);
      arrived.settle(true);
    }, LIMIT_MS);
    const reload = { ok: true, changed: ['workers'], needsRestart: [] };
    emit('configReloaded', reload);
    await arrived.wait();
    expect(heard).toEqual([['configReloaded', reload]]);

    const silent = net.connect(path);
    reapAfterEach(() => void silent.destroy());
    silent.on('error', () => {});
    silent.write(request(1, { request: 'events' }));
    await once(silent, 'data');
    silent.pause();
    const long = { ok: false, reason: 'x'.repeat(100_000), changed: [], needsRestart: [] };
    while ((await connectionsOf(control.server)) !== 1) {
      emit('configReloaded', long);
      // The other client reads meanwhile.
      await new Promise((resolve) => setImmediate(resolve));
    }

    listener.close();
    await listener.closed;
    while (events.hasListeners) await new Promise((resolve) => setImmediate(resolve));
  });

  it('answers open requests before it closes', async () => {
    const stopped = new Deferred<AnyResult>();
    const { control, client } = await setUp(() => stopped.wait());
    const asking = await client();
    const answer = asking.submit({ kind: 'stop', graceful: true }, LIMIT_MS);
    await asking.ask({ request: 'log' }, LIMIT_MS);
    const closed = control.close();
    stopped.settle({ ok: true });
    await expect(answer).resolves.toEqual({ ok: true });
    await closed;
    await asking.closed;
  });
});

describe(ControlClient, () => {
  it.each([
    ['nobody listens', '/no/such/place.sock', 'gone'],
    ['there is no socket', __filename, 'gone'],
  ])('fails with a clear error when %s', async (_what, path, trouble) => {
    await expect(ControlClient.connect(path, LIMIT_MS)).rejects.toMatchObject({ trouble });
  });

  it.each([
    ['speaks another protocol', 'SSH-2.0-OpenSSH\n', 'refused', /not an engine/],
    [
      'speaks another version',
      '{"v":2,"hello":{"version":"9.0.0","pid":1}}\n',
      'refused',
      /version 1 .* version 2.*9\.0\.0/,
    ],
    ['says nothing', '', 'late', /not answered within 0\.05 s/],
  ])('fails with a clear error when the other side %s', async (_what, bytes, trouble, message) => {
    const path = join(tempDir(), 'c.sock');
    const server = net.createServer((socket) => socket.on('error', () => {}).write(bytes));
    server.listen(path);
    await once(server, 'listening');
    reapAfterEach(() => void server.close());
    const limitMs = bytes === '' ? 50 : LIMIT_MS;
    await expect(ControlClient.connect(path, limitMs)).rejects.toMatchObject({
      trouble,
      message: expect.stringMatching(message) as string,
    });
  });

  it('fails with a clear error when the engine ends before its answer', async () => {
    const { control, client } = await setUp(() => new Promise(() => {}));
    const asking = await client();
    const answer = asking.submit({ kind: 'reload' }, LIMIT_MS);
    const refused = expect(answer).rejects.toMatchObject({ trouble: 'closed' });
    await control.close();
    await refused;
  });
});
