import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { ask, askHttp, askLoop, askUdp, differentAnswers, takenPort } from '../support/clients';
import { eventually } from '../support/eventually';
import { askHttp2, askHttps } from '../support/http-clients';
import { startRecorded, type RecordedProgram } from '../support/recorded-program';
import { tempDir } from '../support/temp-dir';
import { hasReusePort } from '../../src/sockets/reuse-port';

const CLIENTS = {
  net: ask,
  http: askHttp,
  https: askHttps,
  http2: (port: number) => askHttp2(port, 'https'),
  http2streams: (port: number) => askHttp2(port, 'http'),
  express: askHttp,
  fastify: askHttp,
  ws: askWebSocket,
  dgram: askUdp,
};

type Kind = keyof typeof CLIENTS;
const KINDS = Object.keys(CLIENTS) as Kind[];

function askWebSocket(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${String(port)}`);
    socket.once('message', (message: Buffer) => {
      socket.close();
      resolve(message.toString());
    });
    socket.once('error', reject);
  });
}

async function running(kind: Kind, config: object = {}): Promise<{ program: RecordedProgram; port: number }> {
  // Without a number, each worker gets its own port there.
  const port = kind === 'dgram' ? { port: await freePort('udp') } : {};
  const program = startRecorded('unmodified-servers', { config: { kind, ...port, ...config } });
  const lines = await program.recordsOf(2, { worker: /\d/, message: 'listening', port: /^\d+$/ });
  const ports = new Set(lines.map(({ fields }) => fields['port']));
  expect(ports.size).toBe(1);
  return { program, port: await program.port() };
}

describe('an unmodified server', () => {
  it.each(KINDS)('of kind %s shares its port in every worker', async (kind) => {
    const { program, port } = await running(kind);
    const pids = new Set(program.workerPids().map(String));
    expect(await differentAnswers(2, () => CLIENTS[kind](port))).toEqual(pids);
    expect(await program.stop()).toEqual({ code: 0, signal: null });
    expect(program.problems()).toEqual([]);
  });

  it.each(['net', 'http', 'fastify', 'dgram'] as const)(
    'of kind %s keeps serving in one worker when the other closes it',
    async (kind) => {
      const { program, port } = await running(kind, { closing: 0 });
      program.signal('SIGUSR2');
      await program.record({ worker: 0, message: 'closed by its worker' });
      for (let i = 0; i < 20; i += 1) {
        expect(await CLIENTS[kind](port)).toBe(String(program.workerPid(1)));
      }
    },
  );

  it('gets EADDRINUSE where Node reports it, when another process has the port', async () => {
    const port = await takenPort();
    for (const kind of ['http', 'fastify', 'express'] as const) {
      const program = startRecorded('unmodified-servers', { config: { kind, port } });
      const [refused] = await program.recordsOf(2, { worker: /\d/, message: 'refused', code: 'EADDRINUSE' });
      expect(refused!.fields['syscall']).toMatch(/^(listen|bind)$/);
      await program.stop();
    }
  });

  it.each([{ port: true }, { path: true }])(
    'is shared even with exclusive: %p, and a warning says so',
    async ({ path }) => {
      const place = path ? { path: join(tempDir(), 'sock') } : { port: await freePort() };
      const listen = { ...place, exclusive: true };
      const config = { kind: path ? 'net' : 'http', listen, restartStrategy: 'rolling' };
      const program = startRecorded('unmodified-servers', { config });
      await program.recordsOf(2, { worker: /\d/, message: 'listening' });
      await program.recordsOf(2, {
        level: 'warn',
        worker: /\d/,
        message: /listen\({ exclusive: true }\) is still shared/,
      });
      const askOnce = () => (place.path === undefined ? askHttp(place.port) : ask(place.path));
      expect(await differentAnswers(2, askOnce)).toEqual(new Set(program.workerPids().map(String)));
      const loop = askLoop(askOnce);
      const since = program.now;
      program.signal('SIGUSR1');
      await program.record('rolling restart finished', { since });
      expect((await loop.finish()).failures).toEqual([]);
    },
  );

  const itWithReusePort = hasReusePort(process.versions.node, process.platform) ? it : it.skip;
  itWithReusePort('that binds by reusePort gets a socket of its own, on the same port', async () => {
    const config = { kind: 'http', listen: { reusePort: true }, port: await freePort() };
    const program = startRecorded('unmodified-servers', { config });
    await program.recordsOf(2, { worker: /\d/, message: 'listening' });
    await program.recordsOf(2, {
      level: 'warn',
      message: 'listen({ reusePort: true }) gives this worker its own queue',
    });
    const pids = new Set(program.workerPids().map(String));
    expect(await differentAnswers(2, () => askHttp(config.port))).toEqual(pids);
  });

  it('of datagrams without a given port gets one of its own in each worker', async () => {
    const program = startRecorded('unmodified-servers', { config: { kind: 'dgram' } });
    await program.recordsOf(2, { worker: /\d/, message: 'listening', port: /^\d+$/ });
    for (const [id, pid] of program.workers()) {
      const { fields } = await program.record({ worker: id, message: 'listening' });
      const port = Number(fields['port']);
      for (let i = 0; i < 5; i += 1) expect(await askUdp(port)).toBe(String(pid));
    }
  });
});

describe('a port that every worker has closed', () => {
  it.each(['server', 'supervisor'])(
    'is released by the %s that held it, while the workers live on',
    async (top) => {
      const { program, port } = await running('http', { supervisor: top === 'supervisor' });
      program.signal('SIGUSR2');
      await program.recordsOf(2, 'closed by its worker');
      await eventually(() => canListen(port), 'the port is free');
      expect(program.records('finished')).toEqual([]);
    },
  );
});

async function freePort(protocol: 'tcp' | 'udp' = 'tcp'): Promise<number> {
  const socket =
    protocol === 'udp'
      ? dgram.createSocket('udp4').bind(0, '127.0.0.1')
      : net.createServer().listen(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address() as net.AddressInfo;
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
