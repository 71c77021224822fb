import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startTestEngine, type TestEngine } from 'serverengine/testing';
import { WORKERS } from '../fixtures/lib/breakable-workers';
import { eventually } from '../support/eventually';
import { isAlive } from '../support/processes';
import { reapAfterEach } from '../support/reaping';

const ENTRY = join(__dirname, '../../.build/fixtures/breakable.js');

async function started(config: object = {}): Promise<TestEngine> {
  const all = { greeting: 'of the test', ...config };
  const engine = await startTestEngine(null, WORKERS, all, { entry: ENTRY });
  reapAfterEach(() => engine.close());
  return engine;
}

/** The pids of its workers, by generation. */
async function generations(engine: TestEngine): Promise<Readonly<Record<string, number>>> {
  const { workers } = await engine.status();
  return Object.fromEntries(
    workers.map(({ group, workerId, generation }) => [`${group}/${workerId}`, generation]),
  );
}

describe('a test engine', () => {
  it('runs with the configuration of the test, and heals after each fault', async () => {
    const engine = await started();
    const { workers, pid } = await engine.untilReady();
    expect(pid).toBe(engine.pid);
    expect(engine.log.find(({ message }) => message === 'hello')).toMatchObject({
      role: 'worker',
      fields: { greeting: 'of the test', group: 'web' },
    });
    expect(await generations(engine)).toEqual({ 'web/0': 1, 'web/1': 1, 'other/0': 1 });

    await engine.kill('web/0');
    await engine.untilHealed();
    expect(await generations(engine)).toEqual({ 'web/0': 2, 'web/1': 1, 'other/0': 1 });
    expect((await engine.untilLogged(/^worker web\/0 finished unexpectedly/)).fields).toMatchObject({
      generation: 1,
    });

    // Both are silent, and the engine tells them apart.
    await Promise.all([engine.freeze('web/0'), engine.block({ group: 'web', workerId: 1 })]);
    const { deaths } = await engine.untilHealed();
    expect(
      deaths
        .slice(-2)
        .map(({ workerId, hang }) => [workerId, hang])
        .sort(),
    ).toEqual([
      [0, 'frozen'],
      [1, 'blocked'],
    ]);
    expect(await generations(engine)).toEqual({ 'web/0': 3, 'web/1': 2, 'other/0': 1 });

    // A block that ends by itself needs no new worker.
    await engine.block('web/1', 200);
    await engine.untilHealed();
    await engine.freeze('web/1');
    await engine.thaw('web/1');
    await engine.untilHealed();
    expect(await generations(engine)).toMatchObject({ 'web/1': 2 });

    const old = workers.map((worker) => worker.pid);
    await engine.close();
    expect(old.filter((one) => one !== undefined && isAlive(one))).toEqual([]);
    expect(isAlive(engine.pid)).toBe(false);
    expect(existsSync(engine.folder)).toBe(false);
  });

  it('under a supervisor crashes repeatedly, takes commands, and survives a full disk', async () => {
    const engine = await started({ supervisor: true });
    await engine.untilReady();
    await engine.crashLoop('web/1', 2);
    await engine.untilHealed();
    expect(await generations(engine)).toEqual({ 'web/0': 1, 'web/1': 3, 'other/0': 1 });

    await engine.fillDisk();
    await engine.kill('web/0');
    await expect(engine.status()).resolves.toMatchObject({ role: 'supervisor' });
    await engine.freeDisk();
    await engine.untilHealed();
    await engine.untilLogged('hello');
    expect(await generations(engine)).toMatchObject({ 'web/0': 2 });

    expect(await engine.reload({ greeting: 'another' })).toMatchObject({ ok: true });
    const reloaded = await engine.untilLogged('reloaded');
    expect(reloaded.fields).toMatchObject({ greeting: 'another' });
    expect(await engine.scale(1, 'web')).toMatchObject({ ok: true, from: 2, to: 1 });
    expect(await engine.restart(true, 'web')).toMatchObject({ ok: true, replaced: 1 });
    expect(await engine.stop()).toEqual({ code: 0, signal: null });
    await expect(engine.untilReady()).rejects.toThrow(/the engine has ended with status 0/);
  });

  it('rejects invalid arguments with a clear error', async () => {
    const engine = await started();
    await expect(engine.kill(0)).rejects.toThrow(
      /several groups have a worker 0: say which, one of 'web\/0', 'web\/1', 'other\/0'/,
    );
    await expect(engine.kill('web/7')).rejects.toThrow(/there is no worker 'web\/7'\. The workers are/);
    await expect(engine.freeze('other/0')).rejects.toThrow(
      /freeze\(\) needs a worker of the type process or spawn, got worker other\/0 of the type thread/,
    );
    await engine.close();
    const failed = startTestEngine(null, WORKERS, { greeting: 'x', workers: -1 }, { entry: ENTRY });
    await expect(failed).rejects.toThrow(
      /waited until the engine runs, but the engine has ended with status 1\.[^]*workers must be an integer/,
    );
    await expect(startTestEngine(null, WORKERS[0], { greeting: 'x' }, { entry: ENTRY })).rejects.toThrow(
      /its groups are web, other, those of the test web/,
    );
  });

  it('ends with the process of the test, even when that is killed', async () => {
    const code = `
      const { Worker, worker } = require('./dist');
      const { startTestEngine } = require('./dist/testing');
      const [Web, Other] = [class extends Worker { run() {} }, class extends Worker { run() {} }];
      worker({ name: 'web' })(Web);
      worker({ name: 'other' })(Other);
      startTestEngine(null, [Web, Other], { greeting: 'hello' }, { entry: ${JSON.stringify(ENTRY)} }).then(async (engine) => {
        const { workers } = await engine.untilReady();
        // Not even one that can do nothing ever again is left.
        await engine.freeze('web/1');
        console.log(JSON.stringify({ folder: engine.folder, pids: [engine.pid, ...workers.map(({ pid }) => pid)] }));
        setInterval(() => {}, 1000);
      });
    `;
    const test = spawn(process.execPath, ['-e', code], {
      cwd: join(__dirname, '../..'),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    reapAfterEach(() => Promise.resolve(void test.kill('SIGKILL')));
    const ended = once(test, 'exit').then(() => ['it has ended']);
    const [line] = (await Promise.race([once(test.stdout, 'data'), ended])) as [Buffer | string];
    const { folder, pids } = JSON.parse(line.toString()) as { folder: string; pids: number[] };
    reapAfterEach(async () => rmSync(folder, { recursive: true, force: true }));
    expect(pids.filter(isAlive)).toEqual(pids);
    test.kill('SIGKILL');
    await eventually(() => pids.filter(isAlive).length === 0, 'every process of the engine is gone');
  });
});
