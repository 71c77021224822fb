import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ask, askHttp, askLoop, freePort } from '../support/clients';
import { ConnectionWasClosed, keepAliveAgent, request } from '../support/http-clients';
import { numberIn, timeOf } from '../support/log-lines';
import { signalPid } from '../support/processes';
import { start } from '../support/program';
import { openStream } from '../support/streams';
import { tempDir } from '../support/temp-dir';

const FINE = { code: 0, signal: null };

describe('an embedded worker (PARITY: Roles and hooks)', () => {
  it('runs in the server process, and ends with it', async () => {
    const program = start('hooks', { config: { greeting: 'hello' } });
    await program.waitForLine('greeting hello');
    expect(await program.stop()).toEqual(FINE);
    const hooks = program.matching(/: hook /);
    expect(hooks.map((line) => /hook (\w+)/.exec(line)?.[1])).toEqual([
      'beforeRun',
      'beforeFork',
      'afterStart',
      'run',
      'stop',
      'afterDrain',
      'afterRun',
    ]);
    for (const line of hooks) expect(numberIn(line, 'in')).toBe(program.pid);
    expect(program.workerPids()).toEqual([]);
    // It starts and ends with its server, which logs that.
    expect(program.matching(/worker 0|\d workers|restart/)).toEqual([]);
  });

  it('calls run() again, with a delay when run() keeps returning at once', async () => {
    const config = { runMs: 0, restartBackoffMin: '200ms', restartBackoffMax: '200ms' };
    const program = start('hooks', { config });
    const runs = await program.waitForLines(4, 'hook run ');
    expect(timeOf(runs[3]!) - timeOf(runs[1]!)).toBeGreaterThanOrEqual(2 * 160 - 5);
    expect(await program.stop()).toEqual(FINE);
    expect(program.matching('[error]')).toEqual([]);
  });

  it('calls run() again after a throw, and logs the stack', async () => {
    const program = start('hooks', {
      config: { fail: ['run'], startRetry: true, restartBackoffMin: '50ms' },
    });
    await program.waitForLines(3, 'hook run ');
    expect(program.output).toMatch(
      /\[error\] .*run\(\) of the embedded worker failed .*reason=crash.*\n {4}Error: run is broken/,
    );
    expect(await program.stop()).toEqual(FINE);
  });

  it('ends the server with status 75 when it crashes more often than maxRestarts', async () => {
    const program = start('hooks', {
      config: { fail: ['run'], startRetry: true, maxRestarts: 2, restartBackoffMin: 0 },
    });
    expect(await program.exited).toEqual({ code: 75, signal: null });
    expect(program.matching('hook run ')).toHaveLength(3);
    expect(program.matching('hook afterRun')).toHaveLength(1);
  });

  it('gets the new config and reload() on USR2, and is stopped and recreated on USR1 and HUP', async () => {
    const program = start('hooks', { config: { greeting: 'one' } });
    await program.waitForLine('greeting one');
    program.setConfig({ greeting: 'two' });
    program.signal('SIGUSR2');
    await program.waitForLine('greeting two');
    expect(program.matching('hook reload')).toHaveLength(1);
    expect(program.matching('hook run ')).toHaveLength(1);
    for (const [signal, greeting] of [
      ['SIGUSR1', 'three'],
      ['SIGHUP', 'four'],
    ] as const) {
      const since = program.now;
      program.setConfig({ greeting });
      program.signal(signal);
      await program.waitForLine(`greeting ${greeting}`, { since });
      expect(program.matching('hook stop', since)).toHaveLength(1);
      expect(program.matching('hook run ', since)).toHaveLength(1);
    }
    expect(program.matching(/worker 0|\d workers|restart finished/)).toEqual([]);
    expect(await program.stop()).toEqual(FINE);
  });

  it('is left behind after the graceful timeout when it never ends', async () => {
    const program = start('hooks', { config: { stopMs: 60_000, workerGracefulKillTimeout: '200ms' } });
    await program.waitForLine('hook run ');
    expect(await program.stop()).toEqual(FINE);
    expect(program.matching(/\[error\] .*the embedded worker did not end/)).toHaveLength(1);
  });

  it('is restarted although a client keeps its connection busy', async () => {
    const program = start('embedded-http');
    const port = await program.port();
    const agent = keepAliveAgent();
    // The program closes connections that are idle at that moment. A client that was about to use one asks again.
    const askAgain = (error: unknown): string => {
      if (error instanceof ConnectionWasClosed) return 'not asked yet';
      throw error;
    };
    const loop = askLoop(() => request(port, '/', { agent }).then(({ body }) => body, askAgain), 1);
    program.signal('SIGUSR1');
    await program.waitForLines(2, / listening port=\d+/);
    expect(await loop.finish()).toMatchObject({ failures: [] });
    expect(await program.stop()).toEqual(FINE);
  });

  it.each([false, true])(
    'refuses no connection during its restart, on a port and on a path (supervisor: %p)',
    async (supervisor) => {
      const path = join(tempDir(), 'app.sock');
      // Longer than a supervisor keeps an unused socket.
      const lateMs = supervisor ? 1200 : 0;
      const config = { path, port: await freePort(), lateMs, supervisor };
      const program = start('embedded-http', { config });
      const port = await program.port();
      const loops = [askLoop(() => askHttp(port), 2), askLoop(() => ask(path), 2)];
      program.signal('SIGUSR1');
      await program.waitForLines(2, / listening port=\d+/);
      program.signal('SIGHUP');
      await program.waitForLines(3, / listening port=\d+/);
      if (supervisor) {
        // A server that ends by itself is replaced.
        signalPid(Number(/started pid=(\d+)/.exec(program.output)?.[1]), 'SIGTERM');
        await program.waitForLines(4, / listening port=\d+/);
      }
      for (const loop of loops) expect(await loop.finish()).toMatchObject({ failures: [] });
      expect(await program.stop()).toEqual(FINE);
      expect(existsSync(path)).toBe(false);
    },
  );

  it('is reported in the log when it does not end, and the next one starts meanwhile', async () => {
    const config = { workerGracefulKillInterval: '100ms', workerGracefulKillTimeout: '1s' };
    const program = start('embedded-http', { config });
    await openStream(await program.port(), '/endless');
    program.signal('SIGUSR1');
    expect(await program.waitForLine('must end but still runs')).toContain('connections=1');
    await program.waitForLine('did not end; the next one starts next to it limitMs=1000');
    await program.waitForLines(2, / listening port=\d+/);
    expect(await program.stop()).toEqual(FINE);
  });
});
