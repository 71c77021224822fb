import { portOf, Program } from './program';

describe('samples/06-web-and-queue.ts', () => {
  afterEach(() => Program.reapAll());

  it('runs both groups, names them in the log, and restarts each in its own way', async () => {
    const program = new Program('samples/06-web-and-queue.ts', { SERVERENGINE_PORT: '0' });
    const port = await portOf(program);
    expect(await (await fetch(`http://127.0.0.1:${String(port)}/`)).text()).toMatch(/^web [01]\n$/);
    await program.waitFor(/worker=queue\/0 pid=\d+: job done/);
    await program.waitFor(/worker web\/\d is running/, 2);
    program.signal('SIGUSR1');
    await program.waitFor(/rolling restart finished group=web replaced=2/);
    await program.waitFor(/ restart finished group=queue replaced=1/);
    expect(await program.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(program.output.match(/worker (web|queue)\/\d finished with status 0 .*reason=stop/g)).toHaveLength(
      3,
    );
    expect(await program.isAllGone()).toBe(true);
  });
});
