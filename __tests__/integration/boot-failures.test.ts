import { takenPort } from '../support/clients';
import { start } from '../support/program';
import { startRecorded } from '../support/recorded-program';

describe('a server that cannot start', () => {
  it('ends with status 1 and logs EADDRINUSE when its port is taken', async () => {
    const port = await takenPort();
    const program = startRecorded('tcp-shared', { config: { port } });
    expect(await program.exited).toEqual({ code: 1, signal: null });
    const message = 'beforeRun() failed; the server ends with status 1';
    const [failure] = program.records({ level: 'fatal', role: 'server', message });
    expect(failure?.fields['error']).toMatchObject({
      message: expect.stringContaining(`EADDRINUSE: 127.0.0.1:${String(port)}`) as string,
    });
    expect(program.workerPids()).toEqual([]);
  });

  it('ends with status 1 and calls afterRun() when beforeRun() throws (PARITY: Roles and hooks)', async () => {
    const program = startRecorded('hooks', { config: { fail: ['beforeRun'] } });
    expect(await program.exited).toEqual({ code: 1, signal: null });
    const [failure] = program.records({ level: 'fatal', message: 'beforeRun() failed' });
    expect(failure?.fields['error']).toMatchObject({ message: 'beforeRun is broken' });
    expect(program.records('hook afterRun')).toHaveLength(1);
    expect(program.records('hook run')).toEqual([]);
  });

  it('ends with status 1 and prints the reason when the config function throws', async () => {
    const program = start('config-throws');
    expect(await program.exited).toEqual({ code: 1, signal: null });
    expect(program.lines).toEqual(['serverengine: cannot start: the database of settings is away']);
  });

  it('ends with status 1 and names each invalid key on stderr', async () => {
    const program = start('hooks', { config: { workers: 0, workerType: 'proces' } });
    expect(await program.exited).toEqual({ code: 1, signal: null });
    expect(program.output).toContain("workerType must be one of 'embedded', ");
    expect(program.output).toContain("workers must be an integer >= 1 or 'auto', got 0.");
  });

  it('ends with daemonizeErrorExitCode when that is set', async () => {
    const config = { pidPath: '/nonexistent/dir/x.pid', daemonizeErrorExitCode: 9 };
    const program = start('hooks', { config });
    expect(await program.exited).toEqual({ code: 9, signal: null });
    expect(program.output).toContain('pidPath: cannot write');
  });
});

describe('a start in which no worker becomes ready', () => {
  it.each([
    ['misdeeds', { workers: 2 }, /worker \d ended with status 1 before it was up/],
    ['thread-misdeeds', {}, /worker 0 ended with status 1 before it was up/],
    ['misdeeds', { supervisor: true }, /worker 0 ended with status 1 before it was up/],
  ])('ends with daemonizeErrorExitCode and logs the reason (%s, %j)', async (fixture, more, why) => {
    const program = startRecorded(fixture, {
      config: { misdeed: 'throw', daemonizeErrorExitCode: 9, ...more },
    });
    expect(await program.exited).toEqual({ code: 9, signal: null });
    const message = 'no worker came up, so the server gives up';
    expect(program.records({ level: 'fatal', message, reason: why })).toHaveLength(1);
    await program.allGone();
  });

  it('logs the error that an embedded worker threw', async () => {
    const program = startRecorded('hooks', { config: { fail: ['run'] } });
    expect(await program.exited).toEqual({ code: 1, signal: null });
    const reason = 'run() of the embedded worker failed: run is broken';
    const message = 'no worker came up';
    expect(program.records({ level: 'fatal', role: 'server', message, reason })).toHaveLength(1);
    expect(program.records('hook afterRun')).toHaveLength(1);
  });
});

describe('a worker whose listen() finds the port taken', () => {
  it("gets Node's EADDRINUSE as an 'error' event", async () => {
    const port = await takenPort();
    const program = startRecorded('http-listen', { config: { workers: 1, port } });
    const { fields } = await program.record({ level: 'error', worker: 0, message: 'the http server failed' });
    expect(fields['reason']).toBe(`listen EADDRINUSE: address already in use 127.0.0.1:${String(port)}`);
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });

  it('gets an error that names the address as Node does, not null', async () => {
    const port = await takenPort();
    const program = startRecorded('http-listen', { config: { workers: 1, port, everywhere: true } });
    const { fields } = await program.record({ level: 'error', worker: 0, message: 'the http server failed' });
    expect(fields['reason']).toBe(`listen EADDRINUSE: address already in use :::${String(port)}`);
    await program.stop();
  });
});

describe('a role left over in the environment', () => {
  it.each(['worker:0', 'server:0', 'daemon:0', 'successor:0', 'nonsense'])(
    '(%s) is ignored with a warning, and the engine runs',
    async (role) => {
      const program = start('http-listen', {
        config: { workers: 1 },
        env: { SERVERENGINE_INTERNAL_ROLE: role },
      });
      await program.waitForWorkers(1);
      expect(program.matching(`SERVERENGINE_INTERNAL_ROLE=${role} was not set by the engine`)).toHaveLength(
        1,
      );
      expect(await program.stop()).toEqual({ code: 0, signal: null });
    },
  );

  it('is ignored even when another parent has an IPC channel to the process', async () => {
    const program = start('forked', { args: ['http-listen'], config: { workers: 1 } });
    await program.waitForWorkers(1);
    expect(program.matching('SERVERENGINE_INTERNAL_ROLE=worker:0 was not set by the engine')).toHaveLength(1);
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });
});
