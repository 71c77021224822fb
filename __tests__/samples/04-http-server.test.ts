import { Agent, get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { portOf, Program } from './program';

describe('samples/04-http-server.ts', () => {
  afterEach(() => Program.reapAll());

  it('answers over HTTP, and stops at once although a client keeps its connection', async () => {
    const program = new Program('samples/04-http-server.ts', { SERVERENGINE_PORT: '0' });
    const port = await portOf(program);
    const agent = new Agent({ keepAlive: true });
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        get({ host: '127.0.0.1', port, agent }, resolve).on('error', reject);
      });
      expect(await text(response)).toMatch(/^Awesome work! From worker [0-3]\.\n$/);
      await program.waitFor(/worker=\d pid=\d+: listening/, 4);
      expect(await program.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    } finally {
      agent.destroy();
    }
    expect(program.output.match(/worker=\d pid=\d+: drained/g)).toHaveLength(4);
    expect(program.output.match(/worker \d finished with status 0 .*reason=stop/g)).toHaveLength(4);
    expect(await program.isAllGone()).toBe(true);
  });
});
