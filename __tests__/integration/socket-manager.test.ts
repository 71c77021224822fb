import type dgram from 'node:dgram';
import net from 'node:net';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { SocketManager } from 'serverengine';
import { ask, askLoop, askUdp, differentAnswers, takenPort } from '../support/clients';
import { eventually } from '../support/eventually';
import { startRecorded, type RecordedProgram } from '../support/recorded-program';
import { reapAfterEach } from '../support/reaping';
import { tempDir } from '../support/temp-dir';

const TOKEN_ENV = 'SERVERENGINE_SOCKETMANAGER_INTERNAL_TOKEN';
const TOKEN = 'the token of this test';

/** This process is no child of the programs. It has their token because both are given the same one. */
function useToken(token: string): void {
  const before = process.env[TOKEN_ENV];
  process.env[TOKEN_ENV] = token;
  reapAfterEach(() => {
    if (before === undefined) Reflect.deleteProperty(process.env, TOKEN_ENV);
    else process.env[TOKEN_ENV] = before;
  });
}

function holder(managerPath: string, share = false): RecordedProgram {
  return startRecorded('socket-manager-holder', {
    config: { managerPath, share },
    env: { [TOKEN_ENV]: TOKEN },
  });
}

function workers(
  config: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string>> = {},
): RecordedProgram {
  return startRecorded('socket-manager-workers', {
    config: { managerPath: join(tempDir(), 'm.sock'), ...config },
    env,
  });
}

const both = (kind: string): ReadonlySet<string> => new Set([`0 in ${kind}`, `1 in ${kind}`]);

describe('workers that use the socket manager of their server (PARITY: SocketManager)', () => {
  it.each(['process', 'thread'])('share its TCP and its UDP socket: %s workers', async (workerType) => {
    const program = workers({ workerType });
    await program.recordsOf(2, 'serving');
    const port = await program.port();
    const udp = Number((await program.record({ message: 'listening', port: /\d/ })).fields['udp']);
    expect(await differentAnswers(2, () => ask(port))).toEqual(both(workerType));
    expect(both(workerType)).toContain(await askUdp(udp));
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });

  it.each(['process', 'thread'])('get bind errors with their code: %s workers', async (workerType) => {
    const program = workers({ workerType, takenPort: await takenPort() });
    await program.recordsOf(2, 'refused EADDRINUSE');
    await program.recordsOf(2, 'serving');
    await program.stop();
  });

  it.each(['process', 'thread'])(
    'refuse no connection while all of them are replaced: %s workers',
    async (workerType) => {
      const program = workers({ workerType });
      await program.recordsOf(2, 'serving');
      const port = await program.port();
      const loop = askLoop(() => ask(port));
      const since = program.now;
      program.signal('SIGUSR1');
      await program.recordsOf(2, 'serving', { since });
      const { answered, failures } = await loop.finish();
      expect(failures).toEqual([]);
      // How many requests fit in depends on the machine, but none may hang.
      expect(answered).toBeGreaterThan(0);
      await program.stop();
    },
  );

  it('keep the same sockets after the server process is replaced, which takes over the manager', async () => {
    const managerPath = join(tempDir(), 'm.sock');
    // The old server still runs when the new one begins.
    const config = { managerPath, supervisor: true, enableDetach: true, serverDetachWait: 0, stopMs: 3000 };
    const program = workers(config);
    await program.recordsOf(2, 'serving');
    const port = await program.port();
    program.setConfig({ ...config, share: true });
    const loop = askLoop(() => ask(port));
    const since = program.now;
    program.signal('SIGUSR2');
    await program.recordsOf(2, 'config changed: share', { since });
    program.signal('SIGINT');
    await program.recordsOf(2, 'serving', { since });
    await program.record('server finished', { since });
    const { failures } = await loop.finish();
    expect(failures).toEqual([]);
    expect(both('process')).toContain(await ask(port));
    expect(statSync(managerPath).isSocket()).toBe(true);
    await program.stop();
    expect(existsSync(managerPath)).toBe(false);
  });
});

describe('a Python worker (PARITY: SocketManager)', () => {
  it.each(['held', 'received', 'asked'])('accepts from a socket that it %s', async (way) => {
    const program = startRecorded('socket-manager-spawn', {
      config: { way, managerPath: join(tempDir(), 'm.sock') },
    });
    await program.recordsOf(2, 'python serves');
    const port = await program.port();
    expect(await differentAnswers(2, () => ask(port))).toEqual(both('python'));
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });

  it('fails to start with invalid sockets, and the error names the reason', async () => {
    const program = startRecorded('socket-manager-spawn', {
      config: { way: 'wrong', managerPath: join(tempDir(), 'm.sock') },
    });
    await program.record({ level: 'fatal', reason: /sockets\[0\] is not open, got 'none'/ });
    await program.stop();
  });
});

describe('a socket manager in its own program', () => {
  it('has a socket of mode 0600 whatever the umask is, and removes it', async () => {
    const path = join(tempDir(), 'm.sock');
    const program = holder(path);
    await program.waitForLine(`manager at ${path}`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    program.write('close\n');
    await program.waitForLine('closed');
    expect((await program.exited).code).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  it('answers only a client with its token', async () => {
    const path = join(tempDir(), 'm.sock');
    await holder(path).waitForLine('manager at');
    const client = new SocketManager.Client(path);
    useToken('another token');
    await expect(client.listenTcp('127.0.0.1', 0)).rejects.toMatchObject({
      code: 'ERR_SOCKET',
      message: expect.stringContaining('without an answer') as string,
    });
    const raw = net.connect(path);
    raw.write('{"token":"another token","method":"listen_tcp","bind":"127.0.0.1","port":0}\n');
    expect(await text(raw)).toBe('');
    useToken(TOKEN);
    const socket = await client.listenTcp('127.0.0.1', 0);
    expect((socket.address() as net.AddressInfo).port).toBeGreaterThan(0);
    socket.close();
  });

  it('takes over from a killed manager, but not from a live one', async () => {
    const path = join(tempDir(), 'm.sock');
    const first = holder(path);
    await first.waitForLine('manager at');
    expect(await holder(path).waitForLine(/failed:|manager at/)).toMatch('failed: EADDRINUSE');
    first.signal('SIGKILL');
    await first.exited;
    expect(existsSync(path)).toBe(true);
    await holder(path).waitForLine('manager at');
  });

  it('does not touch a file that is no socket', async () => {
    const path = join(tempDir(), 'm.sock');
    writeFileSync(path, 'precious');
    expect(await holder(path).waitForLine(/failed:|manager at/)).toMatch('failed: EADDRINUSE');
    expect(statSync(path).size).toBe(8);
  });
});

describe('a socket manager that shares with another (PARITY: SocketManager)', () => {
  it('loses none of 100 messages sent during the handover, over TCP and UDP', async () => {
    useToken(TOKEN);
    const path = join(tempDir(), 'm.sock');
    const first = holder(path);
    await first.waitForLine('manager at');
    const inbox = new Inbox();
    await inbox.open(path, 0, 0);
    const { tcp, udp } = inbox.ports;

    await sendAll(0, 30, tcp, udp);
    const second = holder(path, true);
    await second.waitForLine('manager at');
    // Both answer at the path. Messages wait in the sockets while nobody reads.
    await inbox.close();
    await sendAll(30, 60, tcp, udp);
    first.write('close\n');
    expect((await first.exited).code).toBe(0);
    expect(existsSync(path)).toBe(true);
    await sendAll(60, 80, tcp, udp);
    await inbox.open(path, tcp, udp);
    await sendAll(80, 100, tcp, udp);

    await eventually(() => inbox.tcp.size === 100 && inbox.udp.size === 100, '100 messages of each kind');
    await inbox.close();
    second.write('close\n');
    expect((await second.exited).code).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  it('fails with the cure in the error when the other one is not there', async () => {
    const program = holder(join(tempDir(), 'nobody'), true);
    await program.waitForLine(/failed: ERR_SOCKET .*is not there \(ENOENT\)\. Open it first/);
    expect((await program.exited).code).toBe(1);
  });
});

/** Reads numbers from a TCP and a UDP socket of a manager. */
class Inbox {
  readonly tcp = new Set<number>();
  readonly udp = new Set<number>();
  #tcp!: net.Server;
  #udp!: dgram.Socket;

  async open(path: string, tcpPort: number, udpPort: number): Promise<void> {
    const client = new SocketManager.Client(path);
    this.#tcp = await client.listenTcp('127.0.0.1', tcpPort);
    this.#udp = await client.listenUdp('127.0.0.1', udpPort);
    this.#tcp.on('connection', (connection) => {
      void text(connection).then((number) => this.tcp.add(Number(number)));
    });
    this.#udp.on('message', (number) => this.udp.add(Number(number.toString())));
  }

  get ports(): { readonly tcp: number; readonly udp: number } {
    return { tcp: (this.#tcp.address() as net.AddressInfo).port, udp: this.#udp.address().port };
  }

  async close(): Promise<void> {
    const closed = Promise.all([once(this.#tcp, 'close'), once(this.#udp, 'close')]);
    this.#tcp.close();
    this.#udp.close();
    await closed;
  }
}

async function sendAll(from: number, to: number, tcp: number, udp: number): Promise<void> {
  const { createSocket } = await import('node:dgram');
  const socket = createSocket('udp4');
  for (let number = from; number < to; number += 1) {
    await new Promise<void>((resolve) => socket.send(String(number), udp, '127.0.0.1', () => resolve()));
    const connection = net.connect(tcp, '127.0.0.1');
    connection.end(String(number));
    await once(connection, 'finish');
  }
  socket.close();
}
