import { Server, ServerEngine, Worker, server, worker } from 'serverengine';

@worker()
class GoodWorker extends Worker {
  override run(): void {}
}

@server()
class GoodServer extends Server {}

describe('ServerEngine.create', () => {
  it('accepts null as the plain Server', () => {
    expect(() => ServerEngine.create(null, GoodWorker)).not.toThrow();
  });

  it('rejects an unmarked worker class with the cure', () => {
    class Unmarked extends GoodWorker {}
    expect(() => ServerEngine.create(null, Unmarked)).toThrow(
      'Unmarked has no decorator. Write @worker({}) above the class, or worker({})(Unmarked) below it; a decorator on its base class does not count.',
    );
  });

  it('rejects an unmarked server class', () => {
    class UnmarkedServer extends Server {}
    expect(() => ServerEngine.create(UnmarkedServer, GoodWorker)).toThrow(
      /Write @server\(\{\}\) above the class/,
    );
  });

  it.each([
    ['swapped arguments', GoodWorker, GoodServer],
    ['another class', class Stranger {}, GoodWorker],
    ['no class', 'GoodServer', GoodWorker],
  ])('rejects %s', (_what, first, second) => {
    expect(() => ServerEngine.create(first as never, second as never)).toThrow(
      expect.objectContaining({ code: 'ERR_CLASS_INVALID' }) as Error,
    );
  });

  it('rejects undefined as the worker class', () => {
    expect(() => ServerEngine.create(null, undefined as never)).toThrow(
      'ServerEngine.create: the second argument must be a subclass of Worker, or a list of them, got undefined.',
    );
  });

  it('rejects a worker class without run()', () => {
    @worker()
    class Idle extends Worker {}
    expect(() => ServerEngine.create(null, Idle)).toThrow(/Idle has no run\(\)/);
  });
});

describe('main()', () => {
  let write: jest.SpiedFunction<typeof process.stderr.write>;

  beforeEach(() => {
    write = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  });

  afterEach(() => write.mockRestore());

  it.each([
    [{ workers: 0 }, "@worker on Wrong: workers must be an integer >= 1 or 'auto', got 0."],
    [{ worker: 2 }, '@worker on Wrong: worker is not an option of @worker. Did you mean workers?'],
    [{ workerType: 'process' }, '@worker on Wrong: workerType is spelled type here.'],
    [
      { logLevel: 'info' },
      '@worker on Wrong: logLevel is an option of @server. Move it to @server or into the config.',
    ],
  ])(
    'resolves with 1 for the invalid option %j, and prints the allowed ones on stderr',
    async (options, message) => {
      class Wrong extends GoodWorker {}
      worker(options as never)(Wrong);
      expect(await ServerEngine.create(null, Wrong).main()).toBe(1);
      expect(write.mock.calls.map(([text]) => text)).toEqual([`serverengine: cannot start: ${message}\n`]);
    },
  );
});
