import net from 'node:net';
import { once } from 'node:events';
import { request } from '../support/http-clients';
import { signalPid } from '../support/processes';
import { startRecorded } from '../support/recorded-program';

const CONNECTIONS = 90;

async function open(port: number): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

describe('acceptBalance', () => {
  it('makes a worker with too many connections pause, unless it is the only one', async () => {
    const program = startRecorded('renewed', { config: { acceptBalance: true } });
    await program.waitForWorkers(2);
    const port = await program.port();
    const [greedy, other] = [0, 1].map((id) => program.workerPid(id)) as [number, number];
    // So that one worker gets every connection.
    signalPid(other, 'SIGSTOP');
    const held = [];
    for (let count = 0; count < CONNECTIONS; count += 1) held.push(await open(port));
    expect((await request(port, '/')).body).toBe(`0 ${greedy}`);
    signalPid(other, 'SIGCONT');
    const paused = await program.record('worker 0 pauses accepting until the others have caught up');
    expect(Number(paused.fields['connections'])).toBeGreaterThan(64);
    const answers = await Promise.all(Array.from({ length: 20 }, () => request(port, '/')));
    expect(new Set(answers.map(({ body }) => body))).toEqual(new Set([`1 ${other}`]));
    const since = program.now;
    signalPid(other, 'SIGKILL');
    await program.record('worker 0 accepts again', { since });
    expect((await request(port, '/')).body).toMatch(/^[01] \d+$/);
    for (const socket of held) socket.destroy();
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });

  it('does not hold up a graceful stop of a worker or a kill of its server', async () => {
    const program = startRecorded('renewed', {
      config: { acceptBalance: true, workerGracefulKillTimeout: '2s' },
    });
    await program.waitForWorkers(2);
    const port = await program.port();
    signalPid(program.workerPid(1), 'SIGSTOP');
    for (let count = 0; count < CONNECTIONS; count += 1) await open(port);
    // A connection is established before it is accepted. Only now has the worker accepted all of them.
    await request(port, '/');
    signalPid(program.workerPid(1), 'SIGCONT');
    await program.record('worker 0 pauses accepting until the others have caught up');
    program.signal('SIGKILL');
    await program.allGone();
  });
});
