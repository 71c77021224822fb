import { start } from '../support/program';

const env = { NODE_DEBUG: 'serverengine' };

describe('NODE_DEBUG=serverengine', () => {
  it('shows the messages between supervisor, server and worker, and no secrets', async () => {
    const config = { supervisor: true, workerType: 'process', workers: 1, secret: 'hunter2' };
    const program = start('loaded', { config, env });
    await program.waitForLine(/worker=0 .*SERVERENGINE \d+: to the process above: running/);
    await program.waitForLine(/server .*SERVERENGINE \d+: from \d+: running/);
    program.signal('SIGUSR2');
    await program.waitForLine(/SERVERENGINE \d+: signal from outside: SIGUSR2/);
    await program.waitForLine(/SERVERENGINE \d+: command: reload/);
    await program.waitForLine(/worker=0 .*SERVERENGINE \d+: from the process above: reload .*config=…/);
    expect((await program.stop()).code).toBe(0);
    expect(program.lines.join('\n')).toMatch(/SERVERENGINE \d+: worker 0: running -> stopping by: stop/);
    expect(program.lines.filter((line) => line.includes('hunter2'))).toEqual([]);
  });

  it('shows the messages of a thread', async () => {
    const program = start('loaded', { config: { workerType: 'thread', workers: 1 }, env });
    await program.waitForLine(/worker=0 .*SERVERENGINE \d+: to the server: running/);
    expect((await program.stop()).code).toBe(0);
    expect(program.lines.join('\n')).toMatch(/worker=0 .*SERVERENGINE \d+: from the server: stop/);
  });
});
