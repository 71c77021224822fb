import dgram from 'node:dgram';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import net from 'node:net';
import { join, relative } from 'node:path';
import { text } from 'node:stream/consumers';
import { SocketManager } from '../../../src/index';
import { descriptorNumber } from '../../../src/sockets/socket-descriptor';
import { offerSource } from '../../../src/sockets/socket-manager-source';
import { SocketRegistry } from '../../../src/sockets/socket-registry';
import { takenPort } from '../../support/clients';
import { reapAfterEach } from '../../support/reaping';
import { tempDir } from '../../support/temp-dir';

const TOKEN_ENV = 'SERVERENGINE_SOCKETMANAGER_INTERNAL_TOKEN';

async function open(path = join(tempDir(), 'm.sock')): Promise<SocketManager.Server> {
  const manager = await SocketManager.Server.open(path);
  reapAfterEach(() => manager.close());
  return manager;
}

function closing<S extends net.Server | dgram.Socket>(socket: S): S {
  reapAfterEach(() => {
    try {
      socket.close();
    } catch {
      // The test has closed it.
    }
  });
  return socket;
}

async function tcp(manager: SocketManager.Server, bind: string, port: number): Promise<net.Server> {
  return closing(await manager.newClient().listenTcp(bind, port));
}

async function udp(manager: SocketManager.Server, bind: string, port: number): Promise<dgram.Socket> {
  return closing(await manager.newClient().listenUdp(bind, port));
}

function portOf(socket: net.Server | dgram.Socket): number {
  return (socket.address() as net.AddressInfo).port;
}

/** The whole answer of the manager to a line, until it closes. */
async function say(path: string, line: string): Promise<string> {
  const socket = net.connect(path);
  socket.write(line);
  return text(socket);
}

const listenLine = (token: unknown): string =>
  `${JSON.stringify({ token, method: 'listen_tcp', bind: '127.0.0.1', port: 0 })}\n`;

describe('SocketManager.Server', () => {
  it('has an absolute path, also for a relative one', async () => {
    const path = join(tempDir(), 'm.sock');
    const manager = await open(relative(process.cwd(), path));
    expect(manager.path).toBe(path);
    expect(manager.newClient().path).toBe(path);
  });

  it('opens at a generated path by default', async () => {
    const manager = await SocketManager.Server.open();
    expect(existsSync(manager.path)).toBe(true);
    await manager.close();
    expect(existsSync(manager.path)).toBe(false);
  });

  it('may be closed repeatedly', async () => {
    const manager = await open();
    await Promise.all([manager.close(), manager.close()]);
    await manager.close();
  });

  it('puts its token where children inherit it', async () => {
    await open();
    expect(process.env[TOKEN_ENV]).toMatch(/.{16}/);
  });

  it.each([
    ['another token', () => listenLine('wrong')],
    ['no token', () => listenLine(undefined)],
    ['a token that is no text', () => listenLine([process.env[TOKEN_ENV]])],
    ['no message', () => 'GET / HTTP/1.1\n'],
    ['a line without an end', () => '{'.padEnd(100_000, ' ')],
  ])('does not answer %s', async (_name, line) => {
    const manager = await open();
    const said = await say(manager.path, line()).catch((error: unknown) => (error as { code: string }).code);
    expect(['', 'ECONNRESET', 'EPIPE']).toContain(said);
  });

  it('answers a client with the token in one line, however the request is cut', async () => {
    const manager = await open();
    const line = listenLine(process.env[TOKEN_ENV]);
    const socket = net.connect({ path: manager.path, allowHalfOpen: true });
    socket.write(line.slice(0, 10));
    await once(socket, 'connect');
    // The end of our input does not end the connection.
    socket.end(line.slice(10));
    expect(await text(socket)).toBe('{"status":"ok"}\n');
  });

  it('tells a client with the token the error in its request', async () => {
    const { path } = await open();
    const answer = await say(path, `${JSON.stringify({ token: process.env[TOKEN_ENV], method: 'fly' })}\n`);
    expect(JSON.parse(answer)).toMatchObject({ status: 'error', error: { code: 'ERR_SOCKET' } });
  });
});

describe('SocketManager.Client', () => {
  it('gets a server that accepts once listen() is called on it', async () => {
    const server = await tcp(await open(), '127.0.0.1', 0);
    server.on('connection', (connection) => connection.end('hello'));
    expect(await text(net.connect(portOf(server), '127.0.0.1'))).toBe('hello');
  });

  it('gets a datagram socket that reads once it is bound', async () => {
    const socket = await udp(await open(), '127.0.0.1', 0);
    const sender = closing(dgram.createSocket('udp4'));
    // This one waits in the socket.
    sender.send('early', portOf(socket), '127.0.0.1');
    const [message] = (await once(socket, 'message')) as [Buffer];
    expect(message.toString()).toBe('early');
  });

  it('gets the same socket for the same address, also at the same time (PARITY: SocketManager)', async () => {
    const manager = await open();
    const [first, second] = await Promise.all([tcp(manager, '127.0.0.1', 0), tcp(manager, '127.0.0.1', 0)]);
    expect(portOf(second)).toBe(portOf(first));
    const third = await tcp(manager, '127.0.0.1', portOf(first));
    first.close();
    second.close();
    third.on('connection', (connection) => connection.end('third'));
    expect(await text(net.connect(portOf(third), '127.0.0.1'))).toBe('third');
  });

  it('gets IPv4 and IPv6 of one port, TCP and UDP (PARITY: SocketManager)', async () => {
    const manager = await open();
    const four = await tcp(manager, '0.0.0.0', 0);
    const port = portOf(four);
    const all = [
      four,
      await tcp(manager, '::', port),
      await udp(manager, '0.0.0.0', port),
      await udp(manager, '::', port),
    ];
    expect(all.map((socket) => (socket.address() as net.AddressInfo).family)).toEqual([
      'IPv4',
      'IPv6',
      'IPv4',
      'IPv6',
    ]);
    expect(all.map(portOf)).toEqual([port, port, port, port]);
    const [, six] = all as net.Server[];
    four.on('connection', (connection) => connection.end('four'));
    six!.on('connection', (connection) => connection.end('six'));
    expect(await text(net.connect(port, '127.0.0.1'))).toBe('four');
    expect(await text(net.connect(port, '::1'))).toBe('six');
  });

  it('gets the error of bind unchanged (PARITY: SocketManager)', async () => {
    const manager = await open();
    const port = await takenPort();
    await expect(tcp(manager, '127.0.0.1', port)).rejects.toMatchObject({
      code: 'EADDRINUSE',
      syscall: 'bind',
      address: '127.0.0.1',
      port,
    });
    await expect(tcp(manager, '192.0.2.1', 0)).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' });
  });

  it('accepts a protocol by name', async () => {
    const client = (await open()).newClient();
    expect(closing(await client.listen('tcp', '127.0.0.1', 0))).toBeInstanceOf(net.Server);
    expect(closing(await client.listen('udp', '127.0.0.1', 0))).toBeInstanceOf(dgram.Socket);
    await expect(client.listen('sctp' as 'tcp', '::', 0)).rejects.toThrow(
      "must be 'tcp' or 'udp', got 'sctp'",
    );
  });

  it('rejects an invalid address before it asks', async () => {
    const client = new SocketManager.Client('/no/such/manager');
    await expect(client.listenTcp('', 0)).rejects.toThrow("bind must be an address or a host name, got ''");
    await expect(client.listenUdp('::', 70_000)).rejects.toThrow('got 70000');
    expect(() => new SocketManager.Client('')).toThrow("needs the path of a manager, got ''");
  });

  it('reports that there is no manager', async () => {
    const client = new SocketManager.Client('/no/such/manager');
    await open();
    await expect(client.listenTcp('::', 0)).rejects.toMatchObject({
      code: 'ERR_SOCKET',
      message: expect.stringContaining('/no/such/manager is not there (ENOENT). Open it first') as string,
    });
  });

  it('reports that this process has no token', async () => {
    const manager = await open();
    const token = process.env[TOKEN_ENV];
    reapAfterEach(() => {
      process.env[TOKEN_ENV] = token;
    });
    Reflect.deleteProperty(process.env, TOKEN_ENV);
    await expect(tcp(manager, '::', 0)).rejects.toMatchObject({
      code: 'ERR_SOCKET',
      message: expect.stringContaining(`this process has no ${TOKEN_ENV}`) as string,
    });
  });

  it('gets sockets that can be closed unused, and have a descriptor until then', async () => {
    const manager = await open();
    for (const socket of [await tcp(manager, '127.0.0.1', 0), await udp(manager, '127.0.0.1', 0)]) {
      expect(descriptorNumber(socket)).toBeGreaterThan(2);
      socket.close();
      await once(socket, 'close');
      expect(descriptorNumber(socket)).toBeUndefined();
    }
  });
});

describe('a socket manager in the server process of an engine', () => {
  it('keeps its sockets in the registry of the engine', async () => {
    const registry = new SocketRegistry();
    offerSource(registry);
    reapAfterEach(() => registry.closeAll());
    const manager = await open();
    const server = await tcp(manager, '127.0.0.1', 0);
    const query = { address: '127.0.0.1', port: portOf(server), addressType: 4, flags: 0 } as const;
    const { size } = registry;
    expect(await registry.open(query)).toMatchObject({ sockname: { port: portOf(server) } });
    expect(registry.size).toBe(size);
    await manager.close();
    expect(registry.size).toBe(size);
  });

  it('has its own sockets when the engine has ended', async () => {
    const registry = new SocketRegistry();
    offerSource(registry);
    registry.closeAll();
    await tcp(await open(), '127.0.0.1', 0);
    expect(registry.size).toBe(0);
  });
});
