import net from 'node:net';
import { ask, askUdp, differentAnswers } from '../support/clients';
import { eventually } from '../support/eventually';
import { signalPid } from '../support/processes';
import { start, type Program } from '../support/program';
import { reapAfterEach } from '../support/reaping';

const EVERYWHERE = '0.0.0.0';
const HERE = '127.0.0.1';
// Answers only for a server that listens on every address.
const ELSEWHERE = '127.0.0.2';

interface Given extends Record<string, unknown> {
  readonly host: string;
}

async function up(given: Given): Promise<{ program: Program; move: (given: Given) => Promise<number> }> {
  const base = { workers: 2, workerReady: 'explicit', port: await freePort(), ...given };
  const program = start('moved-address', { config: base });
  await program.waitForWorkers(2);
  const move = async (next: Given): Promise<number> => {
    program.setConfig({ ...base, ...next });
    const since = program.now;
    program.signal('SIGUSR2');
    // The reload of the process that starts workers, or restarts itself.
    await program.waitForLines(given['supervisor'] === true ? 2 : 1, 'config changed: host', { since });
    program.signal('SIGUSR1');
    return since;
  };
  return { program, move };
}

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function portOf(program: Program): number {
  return Number(/"port":(\d+)/.exec(program.config)?.[1]);
}

async function askAt(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect(port, host);
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    socket.on('end', () => resolve(text));
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)));
  });
}

describe('a new address on the same port, by reload and restart', () => {
  it.each([
    ['rolling', HERE, EVERYWHERE],
    ['all', EVERYWHERE, HERE],
  ])('is used under %s, from %s to %s', async (restartStrategy, from, to) => {
    const { program, move } = await up({ host: from, restartStrategy });
    const old = program.workerPids().map(String);
    const since = await move({ host: to });
    await program.waitForLines(2, `bound ${to}`, { since });
    await program.waitForLines(2, /: worker \d finished with status 0/, { since });
    const port = portOf(program);
    expect(old).not.toContain(await ask(port));
    expect(await askAt(ELSEWHERE, port)).toMatch(to === HERE ? 'ECONNREFUSED' : /^\d+$/);
    expect(program.matching(/EADDRINUSE|unexpectedly|halted/)).toEqual([]);
    expect((await program.stop()).code).toBe(0);
    await program.allGone();
  });

  it('keeps the older workers serving at the new address, and restores them when the rollout halts', async () => {
    const { program, move } = await up({ host: HERE, restartStrategy: 'rolling', supervisor: true });
    const old = program.workerPids().map(String);
    const port = portOf(program);
    const since = await move({ host: EVERYWHERE, boot: 'never ready' });
    await program.waitForLine(`bound ${EVERYWHERE}`, { since });
    const next = String(program.workerPid(0));
    expect(old).not.toContain(next);
    const answers = await differentAnswers(3, () => askAt(ELSEWHERE, port));
    expect([...answers].sort()).toEqual([...old, next].sort());
    signalPid(Number(next), 'SIGKILL');
    await program.waitForLine('rolling restart halted', { since });
    await program.waitForLine('serve at the old one again', { since });
    await eventually(async () => /^\d+$/.test(await askAt(HERE, port)), 'the old address answers again');
    expect(await differentAnswers(2, () => ask(port))).toEqual(new Set(old));
    expect(await askAt(ELSEWHERE, port)).toBe('ECONNREFUSED');
    expect((await program.stop()).code).toBe(0);
    await program.allGone();
  });

  it('is used for datagrams, too', async () => {
    const { program, move } = await up({ host: HERE, restartStrategy: 'rolling', protocol: 'udp' });
    await program.waitForLines(2, `bound ${HERE}`);
    const old = program.workerPids().map(String);
    const since = await move({ host: EVERYWHERE, protocol: 'udp' });
    await program.waitForLine(/a socket was closed for the new address .*from="udp 127/, { since });
    await program.waitForLine('rolling restart finished', { since });
    await eventually(async () => !old.includes(await askUdp(portOf(program))), 'a new worker answers');
    expect((await program.stop()).code).toBe(0);
  });
});

describe('a new address on the same port, by live restart', () => {
  it('is used by the next server process while workers of the old one still have connections', async () => {
    const { program } = await up({ host: HERE, supervisor: true, enableDetach: true, by: 'server' });
    const old = program.workerPids().map(String);
    const port = portOf(program);
    // It does not close its side, so the old worker lingers, and the old server process with it.
    const kept = net.connect({ port, host: HERE, allowHalfOpen: true }).resume();
    reapAfterEach(() => void kept.destroy());
    await new Promise((resolve) => kept.once('end', resolve));
    program.setConfig({ ...(JSON.parse(program.config) as object), host: EVERYWHERE, serverDetachWait: 0 });
    program.signal('SIGUSR2');
    await program.waitForLine(/supervisor .*config changed: host/);
    const since = program.now;
    program.signal('SIGINT');
    await program.waitForLine(/server process is up .*generation=2/, { since });
    expect(await askAt(ELSEWHERE, port)).toMatch(/^\d+$/);
    expect(old).not.toContain(await ask(port));
    expect(program.matching(/EADDRINUSE|unexpectedly/)).toEqual([]);
    expect(program.matching(/server process finished/, since)).toEqual([]);
    kept.destroy();
    await program.waitForLine(/server process finished with status 0 .*generation=1/, { since });
    expect((await program.stop()).code).toBe(0);
    await program.allGone();
  });
});
