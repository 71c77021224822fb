import { Server, ServerEngine, Worker, server, shared, worker } from 'serverengine';
import { createTestServer, createTestWorker } from 'serverengine/testing';
import { readOptions, sharedProperties } from '../../../src/contract/metadata';

class PlainWorker extends Worker {
  override run(): void {}
}

describe('@worker and @server', () => {
  it('store their options', () => {
    @worker({ type: 'process', workers: 3 })
    class Marked extends PlainWorker {}
    expect(readOptions('worker', Marked)).toEqual({ type: 'process', workers: 3 });
  });

  it('reject a class that is marked twice', () => {
    const twice = (): void => {
      class Twice extends PlainWorker {}
      worker()(Twice);
      worker({ workers: 2 })(Twice);
    };
    expect(twice).toThrow('@worker marks Twice twice. Keep one of the two.');
  });

  it.each([
    ['a class of another kind', class Stranger {}, /@worker marks subclasses of Worker only, got Stranger/],
    [
      'the other base class',
      class Mixed extends Server {},
      /@worker marks subclasses of Worker only, got Mixed/,
    ],
    ['no class', 'Nobody', /@worker marks subclasses of Worker only, got Nobody/],
  ])('reject %s', (_what, target, message) => {
    expect(() => worker()(target as never)).toThrow(message);
  });

  it('mark one class, not its subclasses', () => {
    @worker()
    class Base extends PlainWorker {}
    class Derived extends Base {}
    expect(readOptions('worker', Derived)).toBeUndefined();
    worker({ workers: 2 })(Derived);
    expect(readOptions('worker', Derived)).toEqual({ workers: 2 });
    expect(readOptions('worker', Base)).toEqual({});
  });

  it('are plain functions for programs without decorators', () => {
    class Simple extends Worker<{ readonly text: string }> {
      override run(): void {
        this.logger.info(this.config.text);
      }
    }
    worker({ type: 'process' })(Simple);
    class SimpleServer extends Server {
      port = 1;
    }
    server({ logLevel: 'info' })(SimpleServer);
    shared()(SimpleServer.prototype, 'port');
    expect(sharedProperties(SimpleServer)).toEqual(['port']);
    expect(createTestWorker(Simple, { config: { text: 'x' } }).worker.config.text).toBe('x');
    expect(createTestServer(SimpleServer).server.port).toBe(1);
    expect(() => ServerEngine.create(SimpleServer, Simple)).not.toThrow();
  });
});

describe('@shared', () => {
  it('is inherited, and adds to the shared properties of the base class', () => {
    class Base extends Server {
      @shared() first = 1;
    }
    class Derived extends Base {
      @shared() second = 2;
    }
    expect(sharedProperties(Derived)).toEqual(['first', 'second']);
    expect(sharedProperties(Base)).toEqual(['first']);
  });
});
