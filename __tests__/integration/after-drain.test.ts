import { Agent } from 'node:http';
import { request } from '../support/http-clients';
import { startRecorded } from '../support/recorded-program';

const FINE = { code: 0, signal: null };

const CASES = [
  { workerType: 'process', poolEnds: 'afterDrain' },
  { workerType: 'process', poolEnds: 'drained' },
  { workerType: 'thread', poolEnds: 'afterDrain' },
  // An embedded worker closes its servers itself.
  { workerType: 'embedded', poolEnds: 'drained', closes: 'run' },
  { workerType: 'process', poolEnds: 'drained', closes: 'stop', workerCloseServers: false },
];

describe('a resource that answers depend on', () => {
  it.each(CASES)('is closed after the last answer: %j', async (config) => {
    const program = startRecorded('graceful-http', { config: { workers: 1, ...config } });
    const port = await program.port();
    const slow = request(port, '/query?ms=400', { agent: new Agent({ keepAlive: false }) });
    await program.record('asked /query');
    const ended = program.stop();
    expect((await slow).body).toBe('row');
    expect(await ended).toEqual(FINE);
    expect(program.records(`pool closed in ${config.poolEnds}`)).toHaveLength(1);
    expect(program.records('hook afterDrain')).toHaveLength(1);
    expect(program.problems()).toEqual([]);
  });

  it('is closed at once without a server, but not before run() has ended', async () => {
    const program = startRecorded('hooks', { config: { workerType: 'process', stopMs: 200 } });
    await program.waitForWorkers(1);
    expect(await program.stop()).toEqual(FINE);
    const story = program.records(/hook (stop|afterDrain)|drained now|run has ended/);
    expect(story.map(({ message }) => message)).toEqual([
      'hook stop',
      'drained now',
      'run has ended',
      'hook afterDrain',
    ]);
  });

  it('may fail to close: the error is logged and the worker still ends', async () => {
    const program = startRecorded('hooks', { config: { workerType: 'process', fail: ['afterDrain'] } });
    await program.waitForWorkers(1);
    expect(await program.stop()).toEqual(FINE);
    expect(program.records({ level: 'error', message: /afterDrain\(\) failed/ })).toHaveLength(1);
  });
});
