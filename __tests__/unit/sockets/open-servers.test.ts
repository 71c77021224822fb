import { once } from 'node:events';
import net from 'node:net';
import { OpenServers } from '../../../src/sockets/open-servers';
import { watchListening } from '../../../src/sockets/watch-listening';
import { reapAfterEach } from '../../support/reaping';

function watched(): OpenServers {
  const servers = new OpenServers();
  const end = watchListening({
    onListen: (server) => servers.add(server),
    onThrow: (server) => servers.failed(server),
  });
  reapAfterEach(end);
  return servers;
}

async function listening(): Promise<net.Server> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  reapAfterEach(() => void server.close());
  return server;
}

/** Whether the promise has resolved by now. */
function settled(promise: Promise<unknown>): () => boolean {
  let isSettled = false;
  void promise.then(() => {
    isSettled = true;
  });
  return () => isSettled;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('OpenServers', () => {
  it('are all closed when there are none', async () => {
    await expect(watched().allClosed()).resolves.toBeUndefined();
  });

  it('are all closed after the last server and its last connection', async () => {
    const servers = watched();
    const [first, second] = [await listening(), await listening()];
    const accepted = once(first, 'connection') as Promise<[net.Socket]>;
    const client = net.connect((first.address() as net.AddressInfo).port, '127.0.0.1');
    const [connection] = await accepted;
    const isClosed = settled(servers.allClosed());
    second.close();
    first.close();
    await once(second, 'close');
    await turn();
    expect(isClosed()).toBe(false);
    connection.end();
    client.resume().end();
    await once(first, 'close');
    await turn();
    expect(isClosed()).toBe(true);
  });

  it('do not count a server whose port was taken, and leave its error to its owner', async () => {
    const servers = watched();
    const taken = await listening();
    const failing = net.createServer().listen((taken.address() as net.AddressInfo).port, '127.0.0.1');
    const isClosed = settled(servers.allClosed());
    const [error] = (await once(failing, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('EADDRINUSE');
    expect(failing.listenerCount('error')).toBe(0);
    taken.close();
    await once(taken, 'close');
    await turn();
    expect(isClosed()).toBe(true);
  });

  it('do not count a server whose listen() threw, unless it listens already', async () => {
    const servers = watched();
    expect(() => net.createServer().listen(-1)).toThrow(/ERR_SOCKET_BAD_PORT|port/i);
    await expect(servers.allClosed()).resolves.toBeUndefined();
    const server = await listening();
    expect(() => server.listen(0)).toThrow(/listen/i);
    const isClosed = settled(servers.allClosed());
    await turn();
    expect(isClosed()).toBe(false);
  });

  it('count a server that listens again', async () => {
    const servers = watched();
    const server = await listening();
    server.close();
    await once(server, 'close');
    server.listen(0, '127.0.0.1');
    const isClosed = settled(servers.allClosed());
    await once(server, 'listening');
    expect(isClosed()).toBe(false);
    server.close();
    await once(server, 'close');
    await turn();
    expect(isClosed()).toBe(true);
  });
});
