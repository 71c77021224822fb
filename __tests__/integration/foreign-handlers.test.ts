import { keepAliveAgent, request } from '../support/http-clients';
import { signalPid } from '../support/processes';
import { startRecorded } from '../support/recorded-program';

const FINE = { code: 0, signal: null };

async function running(config: object) {
  const program = startRecorded('graceful-http', { config: { workers: 1, ...config } });
  return { program, port: await program.port() };
}

describe("a library's SIGTERM handler that closes every connection", () => {
  it('is called after the last answer of a graceful stop', async () => {
    const { program, port } = await running({ handlesTerm: true });
    await program.waitForWorkers(1);
    const slow = request(port, '/query?ms=400', { agent: keepAliveAgent() });
    await program.record('asked /query');
    const ended = program.stop();
    expect((await slow).body).toBe('row');
    expect(await ended).toEqual(FINE);
    expect(program.records('own handler of SIGTERM')).toHaveLength(1);
    expect(program.problems()).toEqual([]);
  });

  it('is called at once for a signal from outside, and a warning names the option', async () => {
    const { program } = await running({ handlesTerm: true });
    await program.waitForWorkers(1);
    signalPid(program.workerPid(0), 'SIGTERM');
    await program.record({ level: 'warn', message: 'stopOnTerminationSignals: false' });
    expect(await program.stop()).toEqual(FINE);
  });
});

describe('a framework that closes before the last request', () => {
  it('answers it with 503, and one warning names the option', async () => {
    const { program, port } = await running({ refuses: true });
    const agent = keepAliveAgent();
    await request(port, '/', { agent });
    const ended = program.stop();
    await program.record('hook stop');
    expect((await request(port, '/', { agent })).body).toBe('closing');
    expect(await ended).toEqual(FINE);
    expect(program.records({ level: 'warn', message: 'return503OnClosing: false' })).toHaveLength(1);
  });
});
