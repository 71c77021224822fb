import { spawn } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describeOpenThings } from '../../../src/dump/open-things';
import { reapAfterEach } from '../../support/reaping';
import { tempDir } from '../../support/temp-dir';

async function listen(server: net.Server, on: { port?: number; path?: string }): Promise<void> {
  reapAfterEach(() => void server.close());
  server.listen(on.path === undefined ? { ...on, host: '127.0.0.1' } : on);
  await once(server, 'listening');
}

describe(describeOpenThings, () => {
  it('lists each server with its address and its number of connections', async () => {
    const server = net.createServer();
    await listen(server, { port: 0 });
    const { port } = server.address() as AddressInfo;
    const client = net.connect(port, '127.0.0.1');
    reapAfterEach(() => void client.destroy());
    const [accepted] = (await once(server, 'connection')) as [net.Socket];
    reapAfterEach(() => void accepted.destroy());
    const { servers, connections } = describeOpenThings();
    expect(servers).toContain(`listening on 127.0.0.1:${String(port)}, 1 connections`);
    expect(connections).toContain(`127.0.0.1:${String(port)} with 127.0.0.1:${String(client.localPort)}`);
  });

  it('lists unix and datagram sockets', async () => {
    const path = join(tempDir(), 'sock');
    await listen(net.createServer(), { path });
    const socket = dgram.createSocket('udp4');
    reapAfterEach(() => void socket.close());
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { servers } = describeOpenThings();
    expect(servers).toContain(`listening on ${path}, 0 connections`);
    expect(servers).toContain(`datagrams on 127.0.0.1:${String(socket.address().port)}`);
  });

  it('lists unanswered requests: without the query, and our own without the path', async () => {
    const server = http.createServer();
    await listen(server, { port: 0 });
    const { port } = server.address() as AddressInfo;
    const request = http.get({ host: '127.0.0.1', port, path: '/slow?token=hush' });
    request.on('error', () => {});
    reapAfterEach(() => void request.destroy());
    await once(server, 'request');
    const { requests } = describeOpenThings();
    expect(requests).toEqual(expect.arrayContaining(['answering GET /slow', 'waiting for GET to 127.0.0.1']));
    expect(requests.join()).not.toContain('hush');
  });

  it('lists child processes without their arguments', async () => {
    const child = spawn('sleep', ['60.5']);
    reapAfterEach(async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    });
    await once(child, 'spawn');
    const { children } = describeOpenThings();
    expect(children).toContain(`sleep pid ${String(child.pid)}`);
  });

  it('ignores unknown handles, and lists a server that is not bound yet', () => {
    const things = [dgram.createSocket('udp4'), net.createServer(), {}, null, 'text'];
    expect(describeOpenThings(things)).toEqual({
      servers: ['datagrams on nothing', 'listening on nothing, 0 connections'],
      connections: [],
      children: [],
      requests: [],
    });
  });
});
