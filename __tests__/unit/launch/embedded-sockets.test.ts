import { once } from 'node:events';
import { existsSync, unlinkSync } from 'node:fs';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { EmbeddedSockets } from '../../../src/launch/embedded-sockets';
import { FakeClock } from '../../../src/testing/fake-clock';
import { freePort } from '../../support/clients';
import { reapAfterEach } from '../../support/reaping';
import { tempDir } from '../../support/temp-dir';

const HOST = '127.0.0.1';

function open() {
  const clock = new FakeClock();
  const sockets = new EmbeddedSockets(clock);
  const servers: net.Server[] = [];
  /** A worker whose servers answer with its name. */
  const worker = (name: string) => {
    const self = { leavesSockets: false, drained: 0, drain: () => void (self.drained += 1) };
    const listen = async (options: net.ListenOptions): Promise<net.Server> => {
      const server = net.createServer((connection) => connection.end(name));
      sockets.add(server, self);
      servers.push(server);
      await once(server.listen(options), 'listening');
      return server;
    };
    return { self, listen };
  };
  reapAfterEach(() => {
    sockets.close();
    for (const server of servers) server.close();
  });
  return { clock, sockets, worker };
}

/** The answer at that address, or the code of the error when nobody listens. */
async function ask(where: net.NetConnectOpts): Promise<string> {
  try {
    return await text(net.connect(where));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? '';
  }
}

/** Connections that were begun have arrived by then. The tests also hold when they have not. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
}

const portOf = (server: net.Server): number => (server.address() as AddressInfo).port;

describe('the listening sockets of embedded workers', () => {
  it('stay open while a replaced worker closes them, and its successor answers the waiting connections', async () => {
    const { worker } = open();
    const [first, second] = [worker('first'), worker('second')];
    const one = await first.listen({ host: HOST, port: await freePort() });
    const port = portOf(one);
    expect(await ask({ host: HOST, port })).toBe('first');
    first.self.leavesSockets = true;
    one.close();
    await once(one, 'close');
    const early = [ask({ host: HOST, port }), ask({ host: HOST, port })];
    await turns();
    const two = await second.listen({ host: HOST, port });
    // Equal to those of any server in a single process.
    expect(two.address()).toEqual({ address: HOST, port, family: 'IPv4' });
    expect(await Promise.all([...early, ask({ host: HOST, port })])).toEqual(['second', 'second', 'second']);
  });

  it('are closed when a worker closes them that is not replaced', async () => {
    const { worker } = open();
    const server = await worker('one').listen({ host: HOST, port: 0 });
    const port = portOf(server);
    server.close();
    expect(await ask({ host: HOST, port })).toBe('ECONNREFUSED');
  });

  it('are closed when the next worker does not ask for them for a while', async () => {
    const { worker, clock, sockets } = open();
    const first = worker('first');
    const server = await first.listen({ host: HOST, port: 0 });
    const port = portOf(server);
    first.self.leavesSockets = true;
    server.close();
    sockets.allAreUp();
    const early = ask({ host: HOST, port });
    clock.advance(29_000);
    await turns();
    clock.advance(1000);
    expect(await early).not.toBe('first');
    expect(await ask({ host: HOST, port })).toBe('ECONNREFUSED');
  });

  it('are closed at the end of the last worker', async () => {
    const { worker, sockets } = open();
    const first = worker('first');
    const server = await first.listen({ host: HOST, port: 0 });
    const port = portOf(server);
    first.self.leavesSockets = true;
    server.close();
    sockets.close();
    expect(await ask({ host: HOST, port })).toBe('ECONNREFUSED');
  });

  it('are taken from a worker that ended without closing them', async () => {
    const { worker } = open();
    const [first, second] = [worker('first'), worker('second')];
    const one = await first.listen({ host: HOST, port: await freePort() });
    const port = portOf(one);
    first.self.leavesSockets = true;
    await second.listen({ host: HOST, port });
    expect(await ask({ host: HOST, port })).toBe('second');
    expect([one.listening, first.self.drained]).toEqual([false, 1]);
  });

  it('move to another address on the same port, which gets the waiting connections', async () => {
    const { worker } = open();
    const [first, second] = [worker('first'), worker('second')];
    const port = await freePort();
    const one = await first.listen({ host: HOST, port });
    first.self.leavesSockets = true;
    one.close();
    const early = ask({ host: HOST, port });
    await turns();
    await second.listen({ host: '0.0.0.0', port });
    expect(await early).toBe('second');
    expect(await ask({ host: '127.0.0.2', port })).toBe('second');
  });

  it.each([
    ['unchanged', false],
    ['although its path was removed', true],
  ])('may be a unix socket, %s', async (_how, isRemoved) => {
    const { worker } = open();
    const [first, second] = [worker('first'), worker('second')];
    const path = join(tempDir(), 'app.sock');
    const one = await first.listen({ path });
    first.self.leavesSockets = true;
    one.close();
    expect(existsSync(path)).toBe(true);
    const early = ask({ path });
    await turns();
    if (isRemoved) unlinkSync(path);
    const two = await second.listen({ path, readableAll: true });
    expect(await Promise.all([early, ask({ path })])).toEqual(['second', 'second']);
    two.close();
    expect(existsSync(path)).toBe(false);
  });

  it('are only those of the worker: other servers close as usual', async () => {
    const { worker } = open();
    worker('one').self.leavesSockets = true;
    const other = http.createServer().listen(0, HOST);
    await once(other, 'listening');
    const port = portOf(other);
    other.close();
    expect(await ask({ host: HOST, port })).toBe('ECONNREFUSED');
  });
});
