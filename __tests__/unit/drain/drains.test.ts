import dgram from 'node:dgram';
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import net, { type AddressInfo, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { isBound, stopReceiving } from '../../../src/drain/drain-datagrams';
import { HttpDrain } from '../../../src/drain/drain-http';
import { Http2Drain } from '../../../src/drain/drain-http2';
import { WebSocketDrain } from '../../../src/drain/drain-websockets';
import { stopAccepting } from '../../../src/drain/stop-accepting';
import { reapAfterEach } from '../../support/reaping';

const HOST = '127.0.0.1';
const GET = `GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;

async function listening<T extends net.Server>(server: T): Promise<T> {
  server.listen(0, HOST);
  await once(server, 'listening');
  return server;
}

const portOf = (server: net.Server | dgram.Socket): number => (server.address() as AddressInfo).port;

async function connected(server: net.Server): Promise<Socket> {
  const socket = net.connect(portOf(server), HOST);
  reapAfterEach(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** What a client gets, in however many pieces, until it ends like this. */
function untilEnds(client: Socket, end: string): Promise<string> {
  let all = '';
  return new Promise((resolve) => {
    client.setEncoding('latin1').on('data', (piece: string) => {
      all += piece;
      if (all.endsWith(end)) resolve(all);
    });
  });
}

/** An http server that stops on demand. */
async function draining(listener: http.RequestListener) {
  const server = await listening(http.createServer(listener));
  const onRefused = jest.fn();
  const drain = new HttpDrain(server, () => true, onRefused);
  const closed = once(server, 'close');
  const stop = (): void => {
    stopAccepting(server);
    drain.begin();
    drain.begin();
  };
  return { server, stop, closed, onRefused };
}

describe('an http server that drains', () => {
  it('finishes the request under way, with Connection: close, and then is closed', async () => {
    let answer: http.ServerResponse | undefined;
    const { server, stop, closed } = await draining((_request, response) => {
      answer = response;
      stop();
      setImmediate(() => answer?.end('done'));
    });
    const socket = await connected(server);
    const all = text(socket);
    socket.write(GET);
    expect(await all).toMatch(/\r\nConnection: close\r\n[^]*done/);
    await closed;
  });

  it('answers a request that arrives later on a kept connection, and counts it if the answer is 503', async () => {
    const codes = [200, 503];
    const { server, stop, closed, onRefused } = await draining((_request, response) => {
      response.statusCode = codes.shift() ?? 500;
      response.end('answer');
    });
    const socket = await connected(server);
    socket.write(GET);
    await once(socket, 'data');
    stop();
    const rest = text(socket);
    socket.write(GET);
    expect(await rest).toMatch(/^HTTP\/1\.1 503 [^]*\r\nConnection: close\r\n/);
    expect(onRefused).toHaveBeenCalledTimes(1);
    await closed;
  });

  it('closes kept connections that stay silent, but not one whose request is only half there', async () => {
    const { server, stop, closed } = await draining((_request, response) => response.end('answer'));
    const [silent, slow] = [await connected(server), await connected(server)];
    for (const socket of [silent, slow]) {
      socket.write(GET);
      await once(socket, 'data');
    }
    slow.write(GET.slice(0, 20));
    await new Promise((resolve) => setImmediate(resolve));
    stop();
    silent.resume();
    await once(silent, 'end');
    const rest = text(slow);
    slow.write(GET.slice(20));
    expect(await rest).toMatch(/\r\nConnection: close\r\n[^]*answer/);
    await closed;
  });
});

describe('a WebSocket whose server drains', () => {
  it('gets a close frame with status 1001 once its handshake is answered', async () => {
    const { server, stop, closed } = await draining(() => {});
    const drain = new WebSocketDrain(server);
    const upgraded = new Promise<Socket>((resolve) => {
      server.on('upgrade', (_request, socket) => resolve(socket as Socket));
    });
    const client = await connected(server);
    client.write(`${GET.slice(0, -2)}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
    const socket = await upgraded;
    // As a library does when its client has gone.
    socket.resume().once('end', () => socket.end());
    stop();
    drain.begin();
    const goodbye = Buffer.from([0x88, 0x02, 0x03, 0xe9]).toString('latin1');
    const received = untilEnds(client, goodbye);
    socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
    // Not before the answer, which the client reads first.
    expect(await received).toBe(`HTTP/1.1 101 Switching Protocols\r\n\r\n${goodbye}`);
    client.destroy();
    await closed;
  });
});

describe('an HTTP/2 server that drains', () => {
  it('sends GOAWAY, serves the stream that is open, and closes the session', async () => {
    const server = await listening(http2.createServer());
    const drain = new Http2Drain(server);
    const closed = once(server, 'close');
    const client = http2.connect(`http://${HOST}:${portOf(server)}`);
    reapAfterEach(() => client.destroy());
    const stream = client.request({ ':path': '/' });
    const [served] = (await once(server, 'stream')) as [http2.ServerHttp2Stream];
    const goaway = once(client, 'goaway');
    stopAccepting(server);
    drain.begin();
    drain.begin();
    expect((await goaway)[0]).toBe(http2.constants.NGHTTP2_NO_ERROR);
    served.respond({ ':status': 200 });
    served.end('late');
    expect(await text(stream)).toBe('late');
    await closed;
  });
});

describe('a datagram socket that drains', () => {
  it('receives nothing any more, from the moment it is bound, but still sends', async () => {
    const [socket, peer] = [dgram.createSocket('udp4'), dgram.createSocket('udp4')];
    reapAfterEach(() => {
      for (const one of [socket, peer]) one.close();
    });
    const received = jest.fn();
    socket.on('message', received);
    expect(isBound(socket)).toBe(false);
    stopReceiving(socket);
    socket.bind(0, HOST);
    peer.bind(0, HOST);
    await Promise.all([once(socket, 'listening'), once(peer, 'listening')]);
    expect(isBound(socket)).toBe(true);
    peer.send('new', portOf(socket), HOST);
    const answered = once(peer, 'message');
    socket.send('the answer to an old one', portOf(peer), HOST);
    expect(String((await answered)[0])).toBe('the answer to an old one');
    expect(received).not.toHaveBeenCalled();
  });
});
