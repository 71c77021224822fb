import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { eventually } from '../support/eventually';
import { portOf, Program } from './program';

/** The port refuses connections until the first worker listens. */
function answerOf(port: number): Promise<string> {
  return eventually(
    () => text(connect(port, '127.0.0.1')).catch(() => undefined),
    'a worker listens on the port',
  );
}

describe('samples/03-tcp-server.ts', () => {
  afterEach(() => Program.reapAll());

  it.each(['SIGTERM', 'SIGINT'] as const)('answers on TCP until %s', async (signal) => {
    const program = new Program('samples/03-tcp-server.ts', { SERVERENGINE_PORT: '0' });
    const port = await portOf(program);
    await program.waitFor(/worker \d is running/, 4);
    expect(await answerOf(port)).toBe('Awesome work!\n');
    expect(await program.stop(signal)).toEqual({ code: 0, signal: null });
    expect(program.output.match(/worker \d finished with status 0 .*reason=stop/g)).toHaveLength(4);
    expect(await program.isAllGone()).toBe(true);
  });
});
