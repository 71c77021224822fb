import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { text } from 'node:stream/consumers';
import { WebSocket } from 'ws';
import { ask, askUdp } from '../support/clients';
import { askStream, keepAliveAgent, openHttp2, request } from '../support/http-clients';
import { startRecorded } from '../support/recorded-program';
import { reapAfterEach } from '../support/reaping';

const FINE = { code: 0, signal: null };

async function running(config: object = {}, fixture = 'graceful-http') {
  const program = startRecorded(fixture, { config: { workers: 1, says: true, keepsIdle: true, ...config } });
  return { program, port: await program.port() };
}

function connect(port: number): net.Socket {
  const socket = net.connect(port, '127.0.0.1');
  reapAfterEach(() => void socket.destroy());
  return socket;
}

describe('a graceful stop of a worker without stop logic', () => {
  it('answers the request in flight, and announces the end of the connection', async () => {
    const { program, port } = await running();
    const agent = keepAliveAgent();
    expect((await request(port, '/', { agent })).connection).toBe('keep-alive');
    const slow = request(port, '/?until=stop', { agent });
    await program.record('asked /?until=stop');
    const ended = program.stop();
    expect(await slow).toEqual({ body: String(program.workerPid(0)), connection: 'close' });
    expect(await ended).toEqual(FINE);
    expect(program.problems()).toEqual([]);
  });

  it('does not wait for idle connections', async () => {
    const { program, port } = await running();
    const agent = keepAliveAgent({ sockets: 10 });
    await Promise.all(Array.from({ length: 10 }, () => request(port, '/', { agent })));
    expect(await program.stop()).toEqual(FINE);
  });

  it.each([{}, { closes: 'stop' }, { closes: 'fastify' }, { closes: 'run' }])(
    'gives an idle connection a moment for its next request: %j',
    async (config) => {
      const { program, port } = await running(config);
      const agent = keepAliveAgent();
      await request(port, '/', { agent });
      const ended = program.stop();
      await program.record('hook stop');
      expect((await request(port, '/', { agent })).connection).toBe('close');
      expect(await ended).toEqual(FINE);
    },
  );

  it('waits for no idle connection when the next worker waits for its end', async () => {
    // Both stop in the same way, this one first: it gives a connection one second for its next request.
    const patient = await running();
    const hurried = await running({ supervisor: true, enableDetach: true });
    for (const { port } of [patient, hurried]) {
      const agent = keepAliveAgent({ sockets: 10 });
      await Promise.all(Array.from({ length: 10 }, () => request(port, '/', { agent })));
    }
    patient.program.signal('SIGTERM');
    hurried.program.signal('SIGINT');
    await hurried.program.record('worker 0 finished');
    expect(patient.program.records('worker 0 finished')).toEqual([]);
  });

  it('closes a connection that becomes idle after a keep-alive answer', async () => {
    const { program, port } = await running();
    const slow = request(port, '/stream?until=stop', { agent: keepAliveAgent() });
    await program.record('asked /stream');
    const ended = program.stop();
    expect(await slow).toEqual({ body: 'begin end', connection: 'keep-alive' });
    expect(await ended).toEqual(FINE);
  });

  it('does not cut off an answer that a slow client is still reading', async () => {
    const { program, port } = await running();
    const bytes = 20_000_000;
    const asked = http.get({ port, host: '127.0.0.1', path: `/big?bytes=${String(bytes)}` });
    const [response] = (await once(asked, 'response')) as [http.IncomingMessage];
    const ended = program.stop();
    await sleep(600);
    expect((await text(response)).length).toBe(bytes);
    expect(await ended).toEqual(FINE);
  });

  it('reads the rest of a body that was answered early, and does not reset the connection', async () => {
    const { program, port } = await running();
    const pieces = Array.from({ length: 8 }, () => 'x'.repeat(50_000));
    const asked = request(port, '/early', { agent: keepAliveAgent(), pieces, pauseMs: 80 });
    await program.record('asked /early');
    const ended = program.stop();
    expect((await asked).body).toBe('early');
    expect(await ended).toEqual(FINE);
  });

  it('announces the end of the connection before the body is complete, and closes it after the answer', async () => {
    const { program, port } = await running();
    const socket = connect(port);
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await once(socket, 'data');
    const ended = program.stop();
    await program.record('hook stop');
    const half = 'x'.repeat(50_000);
    const all = text(socket);
    socket.write(
      `POST /early HTTP/1.1\r\nhost: x\r\ncontent-length: ${String(2 * half.length)}\r\n\r\n${half}`,
    );
    await sleep(400);
    expect(socket.readableEnded).toBe(false);
    socket.write(half);
    expect(await all).toMatch(/\r\nconnection: close\r\n[^]*early$/i);
    expect(await ended).toEqual(FINE);
  });

  it('is not held up by a client that keeps asking, and answers it before it has read the body', async () => {
    const { program, port } = await running();
    const agent = keepAliveAgent();
    const post = () => request(port, '/early', { agent, pieces: ['x'], pauseMs: 0 });
    await post();
    const ended = program.stop();
    await program.record('hook stop');
    expect((await post()).connection).toBe('close');
    expect(await ended).toEqual(FINE);
  });

  it('serves a connection that was accepted just before and has sent nothing yet', async () => {
    const { program, port } = await running();
    const socket = connect(port);
    await program.record('accepted');
    const ended = program.stop();
    await program.record('hook stop');
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1.1 200 OK\r\n(.*\r\n)*connection: close\r\n/i);
    expect(await ended).toEqual(FINE);
  });

  it('does not wait long for a connection that sends nothing', async () => {
    const { program, port } = await running();
    connect(port);
    await program.record('accepted');
    expect(await program.stop()).toEqual(FINE);
  });

  it('accepts no new connections and leaves them to the next worker', async () => {
    const { program, port } = await running();
    const first = program.workerPid(0);
    const slow = request(port, '/?until=stop&ms=300', { agent: keepAliveAgent() });
    await program.record('asked /?until=stop');
    program.signal('SIGUSR1');
    await program.record('hook stop');
    const { body } = await request(port, '/');
    expect((await slow).body).toBe(String(first));
    expect(body).toBe(String(program.workerPid(0)));
    expect(body).not.toBe(String(first));
  });

  it.each(['stop', 'run'] as const)('allows the user to close the server too, in %s', async (closes) => {
    const { program, port } = await running({ closes });
    const agent = keepAliveAgent();
    await request(port, '/', { agent });
    const slow = request(port, '/?until=stop', { agent });
    await program.record('asked /?until=stop');
    const ended = program.stop();
    expect((await slow).connection).toBe('close');
    expect(await ended).toEqual(FINE);
    expect(program.problems()).toEqual([]);
  });

  it('leaves all closing to stop() when workerCloseServers is false', async () => {
    const { program, port } = await running({ workerCloseServers: false });
    program.signal('SIGTERM');
    await program.record('hook stop');
    await sleep(300);
    expect((await request(port, '/', { agent: keepAliveAgent() })).connection).toBe('keep-alive');
    expect(await program.stop('SIGQUIT')).toEqual(FINE);
  });
});

describe('a graceful stop with open clients', () => {
  it.each(['http', 'https', 'express', 'fastify', 'dgram'])('of %s completes by itself', async (kind) => {
    const { program, port } = await running({ kind }, 'unmodified-servers');
    if (kind === 'dgram') {
      await askUdp(port);
    } else {
      await once(connect(port), 'connect');
      await request(port, '/', { agent: keepAliveAgent({ tls: kind === 'https' }) });
    }
    expect(await program.stop()).toEqual(FINE);
    expect(program.problems()).toEqual([]);
  });

  it('of http2 answers the open streams and closes the sessions', async () => {
    const { program, port } = await running({ kind: 'http2streams' }, 'unmodified-servers');
    const [busy, idle] = [openHttp2(port, 'http'), openHttp2(port, 'http')];
    await askStream(idle);
    const slow = askStream(busy, 600);
    await program.record('asked');
    const ended = program.stop();
    await once(idle, 'close');
    expect(await slow).toBe(String(program.workerPid(0)));
    expect(await ended).toEqual(FINE);
  });

  it('of ws tells every WebSocket that the server is going away', async () => {
    const { program, port } = await running({ kind: 'ws' }, 'unmodified-servers');
    const socket = new WebSocket(`ws://127.0.0.1:${String(port)}`);
    await once(socket, 'message');
    const closed = once(socket, 'close');
    expect(await program.stop()).toEqual(FINE);
    expect((await closed)[0]).toBe(1001);
  });

  it('of net leaves connections to their owner', async () => {
    const { program, port } = await running({ kind: 'net' }, 'unmodified-servers');
    expect(await ask(port)).toBe(String(program.workerPid(0)));
    expect(await program.stop()).toEqual(FINE);
  });
});

describe('drainDelay', () => {
  it('keeps accepting for that long after a graceful stop, and a second stop does not restart the delay', async () => {
    const { program, port } = await running({ drainDelay: '2s' });
    program.signal('SIGTERM');
    const draining = await program.record('draining');
    const since = program.now;
    program.signal('SIGTERM');
    await program.record('command stop', { since });
    expect((await request(port, '/', { agent: keepAliveAgent() })).connection).toBe('keep-alive');
    expect(program.records('hook stop')).toEqual([]);
    expect(await program.exited).toEqual(FINE);
    expect(program.records('draining')).toEqual([draining]);
    const [stopping, ...more] = program.records('stopping 1 workers');
    expect(more).toEqual([]);
    expect(stopping!.time - draining.time).toBeGreaterThanOrEqual(1995);
  });

  it('is cut short by an immediate stop', async () => {
    const { program } = await running({ drainDelay: '1m' });
    program.signal('SIGTERM');
    await program.record('draining');
    expect(await program.stop('SIGQUIT')).toEqual(FINE);
  });

  it('does not delay a restart', async () => {
    const { program } = await running({ drainDelay: '1m' });
    program.signal('SIGUSR1');
    await program.record({ message: 'worker 0 is running', generation: 2 });
    expect(program.records('draining')).toEqual([]);
  });
});
