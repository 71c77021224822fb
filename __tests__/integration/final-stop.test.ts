import { existsSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import net from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { eventually } from '../support/eventually';
import { signalPid } from '../support/processes';
import { startRecorded } from '../support/recorded-program';
import { reapAfterEach } from '../support/reaping';
import { tempDir } from '../support/temp-dir';

const FINE = { code: 0, signal: null };

/** The result of a connect: 'open' or the code of its error. */
function connectTo(where: number | string): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect(
      typeof where === 'number' ? { port: where, host: '127.0.0.1' } : { path: where },
    );
    socket.once('connect', () => resolve('open'));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.once('connect', () => socket.destroy());
  });
}

describe('a final stop', () => {
  it.each([
    { workerType: 'process', workers: 2 },
    { workerType: 'process', workers: 2, supervisor: true },
    { workerType: 'embedded' },
    { workerType: 'embedded', supervisor: true },
  ])('refuses new connections while the workers finish: %j', async (config) => {
    const folder = tempDir();
    const stopWhen = join(folder, 'stop');
    const program = startRecorded('final-stop', {
      config: { ...config, kind: config.workerType, folder, stopWhen },
    });
    const opened = await program.record({ tcp: /\d/ });
    const ports = [Number(opened.fields['tcp']), Number(opened.fields['managed'])];
    if (config.workerType === 'process') {
      await program.waitForWorkers(2);
      ports.push(Number((await program.record({ http: /\d/ })).fields['http']));
    }
    const unix = join(folder, 'sock');
    await eventually(async () => (await connectTo(ports[0]!)) === 'open', 'it is open');
    await eventually(async () => (await connectTo(unix)) === 'open', 'the unix socket is open');
    const ended = program.stop();
    for (const port of ports) {
      await eventually(async () => (await connectTo(port)) === 'ECONNREFUSED', `${String(port)} is refused`);
    }
    await eventually(() => !existsSync(unix), 'the unix socket is gone');
    expect(program.records('server finished')).toEqual([]);
    writeFileSync(stopWhen, '');
    expect(await ended).toEqual(FINE);
    expect(program.problems()).toEqual([]);
  });

  it('leaves an inherited socket to the other programs that hold it', async () => {
    const folder = tempDir();
    const program = startRecorded('final-stop', {
      config: { workerType: 'spawn', kind: 'spawn', workers: 2, folder, stopWhen: folder },
    });
    await program.record('worker 1 started');
    expect(await program.stop()).toEqual(FINE);
    expect(existsSync(join(folder, 'sock'))).toBe(false);
  });

  it.each([{}, { supervisor: true }])('answers the connections in the backlog: %j', async (config) => {
    const program = startRecorded('graceful-http', { config: { workers: 2, ...config } });
    const port = await program.port();
    await program.waitForWorkers(2);
    const workers = program.workerPids();
    for (const pid of workers) signalPid(pid, 'SIGSTOP');
    const questions = Array.from({ length: 30 }, () => {
      const socket = net.connect(port, '127.0.0.1');
      reapAfterEach(() => void socket.destroy());
      socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
      return { connected: once(socket, 'connect'), answer: text(socket) };
    });
    await Promise.all(questions.map(({ connected }) => connected));
    const ended = program.stop();
    await program.record('stopping 2 workers');
    for (const pid of workers) signalPid(pid, 'SIGCONT');
    for (const { answer } of questions) expect(await answer).toContain('200 OK');
    expect(await ended).toEqual(FINE);
  });
});

/** Undefined when listen() works, otherwise the code of its error. */
function listenOn(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(undefined)));
  });
}

describe('a server that has lost its supervisor', () => {
  it('frees its port while its worker still answers, whatever drainDelay is', async () => {
    const program = startRecorded('graceful-http', {
      config: { workers: 1, supervisor: true, drainDelay: 20 },
    });
    const port = await program.port();
    await program.waitForWorkers(1);
    const slow = net.connect(port, '127.0.0.1');
    reapAfterEach(() => void slow.destroy());
    slow.write('GET /stream?ms=4000 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    let isAnswered = false;
    const answer = text(slow).then((all) => {
      isAnswered = true;
      return all;
    });
    await once(slow, 'data');
    signalPid(program.pid, 'SIGKILL');
    await eventually(async () => (await listenOn(port)) === undefined, 'the port is free');
    expect(isAnswered).toBe(false);
    expect(await answer).toContain('begin');
    await program.allGone();
  });
});
