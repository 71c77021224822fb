import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServerEngine, Worker, worker } from 'serverengine';
import { eventually } from '../support/eventually';
import { isAlive } from '../support/processes';
import { start } from '../support/program';
import { tempDir } from '../support/temp-dir';

// Not SIGUSR1: its first listener removes the debugger's for good. After that, an unhandled SIGUSR1 would kill this
// process.
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR2', 'SIGCONT'] as const;
const ENTRY = join(__dirname, '../../.build/fixtures/worker-entry.js');

@worker()
class EmbeddedWorker extends Worker<{ readonly greeting: string }> {
  override async run(): Promise<void> {
    this.logger.info(this.config.greeting);
    await this.untilStop();
  }
}

@worker({ type: 'process' })
class ProcessWorker extends Worker {
  override run(): Promise<void> {
    throw new Error('the entry script has another run()');
  }
}

// Otherwise the engine captures what jest prints about a failed test.
const QUIET = { logStdout: false, logStderr: false };

function readLog(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

describe('main() inside a program that keeps running', () => {
  it('resolves with the status, and restores signal handlers and the console', async () => {
    const log = join(tempDir(), 'embedded.log');
    const state = () => ({
      listeners: SIGNALS.map((signal) => process.listenerCount(signal)),
      uncaught: process.listenerCount('uncaughtException'),
      exit: process.listenerCount('exit'),
      stdout: process.stdout.write,
      stderr: process.stderr.write,
    });
    const before = state();
    const engine = ServerEngine.create(null, EmbeddedWorker, { log, greeting: 'hello' });
    const status = engine.main();
    await eventually(() => readLog(log).includes(': hello'), 'the worker is at work');
    expect(process.listenerCount('SIGTERM')).toBe((before.listeners[0] ?? 0) + 1);
    void engine.stop();
    expect(await status).toBe(0);
    expect(state()).toEqual(before);
  });

  it('emits events for its embedded worker, and shows it in the status', async () => {
    const config = { ...QUIET, log: join(tempDir(), 'events.log'), greeting: 'hello' };
    const engine = ServerEngine.create(null, EmbeddedWorker, config);
    const told: unknown[] = [];
    engine
      .on('workerStarted', ({ workerId, generation, pid }) =>
        told.push(['started', workerId, generation, pid]),
      )
      .on('workerReady', ({ workerId, generation }) => told.push(['ready', workerId, generation]))
      .on('workerExited', ({ generation, reason }) => told.push(['exited', generation, reason]));
    const status = engine.main();
    await eventually(() => told.length === 2, 'the worker is ready');
    expect(await engine.restart()).toMatchObject({ ok: true, replaced: 1 });
    const { workers, deaths } = await engine.status();
    expect(deaths).toMatchObject([{ group: 'EmbeddedWorker', generation: 1, reason: 'restart', code: 0 }]);
    expect(workers).toMatchObject([
      {
        state: 'running',
        generation: 2,
        restarts: 1,
        lastExit: deaths[0],
        rssBytes: expect.any(Number) as number,
      },
    ]);
    expect(await engine.scale(2)).toMatchObject({ ok: false, from: 1, to: 1 });
    void engine.stop();
    expect(await status).toBe(0);
    expect(told).toEqual([
      ['started', 0, 1, process.pid],
      ['ready', 0, 1],
      ['exited', 1, 'restart'],
      ['started', 0, 2, process.pid],
      ['ready', 0, 2],
      ['exited', 2, 'stop'],
    ]);
  });

  it('runs workers of another script with the option entry', async () => {
    const log = join(tempDir(), 'entry.log');
    const config = { ...QUIET, log, greeting: 'hello from the entry script', workers: 2 };
    const engine = ServerEngine.create(null, ProcessWorker, config, { entry: ENTRY });
    const status = engine.main();
    const greeted = (): number[] =>
      [...readLog(log).matchAll(/worker=\d pid=(\d+): hello from the entry script/g)].map(([, pid]) =>
        Number(pid),
      );
    try {
      await eventually(() => greeted().length === 2, 'both workers are at work');
    } finally {
      void engine.stop(false);
      expect(await status).toBe(0);
    }
    expect(greeted().filter(isAlive)).toEqual([]);
  });

  it('throws an error with the cure when there is no script for a worker to run', async () => {
    const log = join(tempDir(), 'none.log');
    expect(await ServerEngine.create(null, ProcessWorker, { ...QUIET, log }).main()).toBe(1);
    expect(readLog(log)).toContain('Give its path as the option entry');
  });

  it('finds the script of a program that a test started', async () => {
    const program = start('misdeeds', { config: { misdeed: 'return' }, env: { JEST_WORKER_ID: '1' } });
    await program.waitForWorkers(1);
  });

  it('cannot be called twice at the same time', async () => {
    const log = join(tempDir(), 'twice.log');
    const engine = ServerEngine.create(null, EmbeddedWorker, { ...QUIET, log, greeting: 'hello' });
    const status = engine.main();
    const state = expect.objectContaining({ code: 'ERR_ENGINE_STATE' }) as Error;
    await expect(engine.main()).rejects.toEqual(state);
    expect(() => engine.run()).toThrow(state);
    const other = ServerEngine.create(null, EmbeddedWorker, { ...QUIET, log, greeting: 'nobody' });
    await expect(other.main()).rejects.toEqual(state);
    expect(() => other.run()).toThrow(state);
    await eventually(() => readLog(log).includes(': hello'), 'the worker is at work');
    void engine.stop();
    expect(await status).toBe(0);
    // One after the other is allowed.
    const then = other.main();
    await eventually(() => readLog(log).includes(': nobody'), 'the other engine is at work');
    void other.stop();
    expect(await then).toBe(0);
  });

  it.each([
    ['same', /^refused: ERR_ENGINE_STATE This engine has run already/],
    ['other', /^refused: ERR_ENGINE_STATE Another engine runs in this process/],
  ])('throws at a second run() of the %s engine, and the first keeps running', async (which, refusal) => {
    const program = start('two-engines', { args: [which] });
    await program.waitForLine(refusal);
    await program.waitForWorkers(1);
    expect(await program.stop()).toEqual({ code: 0, signal: null });
    expect(program.matching('unexpectedly')).toEqual([]);
  });

  it('rejects commands before it runs', () => {
    const engine = ServerEngine.create(null, EmbeddedWorker);
    expect(() => engine.reload()).toThrow('reload() needs a running engine. Call run() or main() first.');
  });
});
