import { FakeClock } from '../../../src/testing/fake-clock';
import type { EngineDefinition } from '../../../src/engine/engine-definition';
import { rereadConfig } from '../../../src/engine/reread-config';
import { workerGroups } from '../../../src/engine/worker-groups';
import { Server, server, Worker, worker } from 'serverengine';
import { fakeLogger } from '../contract/fake-logger';

@server()
class PlainServer extends Server {}

@worker()
class IdleWorker extends Worker {
  override run(): void {}
}

function setUp(readConfig: () => unknown) {
  const clock = new FakeClock();
  const logger = fakeLogger();
  const groups = workerGroups(IdleWorker);
  const spec = { serverClass: PlainServer, serverOptions: {}, groups, readConfig };
  return { clock, logger, read: () => rereadConfig(spec as unknown as EngineDefinition, logger, clock) };
}

describe(rereadConfig, () => {
  it('resolves with the configuration, and leaves no timer', async () => {
    const { clock, logger, read } = setUp(() => ({ workers: 1, word: 'new' }));
    expect((await read()).user).toMatchObject({ word: 'new' });
    expect(clock.pending).toBe(0);
    expect(logger.warn).not.toHaveBeenCalled();
  });

  it('rejects with the error of the function', async () => {
    const { clock, read } = setUp(() => {
      throw new Error('the database of settings is away');
    });
    await expect(read()).rejects.toThrow('the database of settings is away');
    expect(clock.pending).toBe(0);
  });

  it('warns of a function without a result after 5 s, and gives it up after 30 s', async () => {
    const { clock, logger, read } = setUp(() => new Promise(() => {}));
    const outcome = read().then(
      () => 'read',
      (error: unknown) => String(error),
    );
    await clock.advanceAsync(4999);
    expect(logger.warn).not.toHaveBeenCalled();
    await clock.advanceAsync(1);
    expect(logger.warn).toHaveBeenCalledTimes(1);
    await clock.advanceAsync(25_000);
    expect(await outcome).toContain('the config function has not answered for 30 s');
    expect(clock.pending).toBe(0);
  });
});
