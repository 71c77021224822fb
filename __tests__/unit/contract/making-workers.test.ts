/* eslint @typescript-eslint/no-unsafe-class-instance-assignment: off -- plain objects in place of instances are what is tested */
import 'reflect-metadata';
import { container, inject, injectable } from 'tsyringe';
import {
  CONFIG,
  LOGGER,
  SERVER,
  Server,
  ServerContext,
  WORKER_ID,
  Worker,
  WorkerContext,
  server,
  worker,
  type Logger,
} from 'serverengine';
import { createTestServer, createTestWorker } from 'serverengine/testing';
import { fakeLogger } from './fake-logger';

interface Config {
  readonly greeting: string;
}

@server()
class GreetingServer extends Server<Config> {
  names = ['Ada'];
}

@worker()
class GreetingWorker extends Worker<Config, GreetingServer> {
  override async run(): Promise<void> {
    this.logger.info(this.greet());
    await this.untilStop();
  }

  greet(): string {
    return `${this.config.greeting}, ${this.server.names.join(' and ')}! From ${this.workerId}.`;
  }
}

@injectable()
class Database {
  find(): string {
    return 'the real row';
  }
}

@worker()
class DatabaseWorker extends Worker<Config> {
  constructor(
    @inject(WorkerContext) context: WorkerContext<Config>,
    @inject(Database) private readonly database: Database,
  ) {
    super(context);
  }

  override run(): void {
    this.logger.info(this.database.find());
  }
}

const config = { greeting: 'Hello' };
const fakeServer = { names: ['Grace'] } as GreetingServer;

describe('a worker in a unit test', () => {
  it('is made with new and a plain object as its context', () => {
    const made = new GreetingWorker({ config, logger: fakeLogger(), server: fakeServer, workerId: 3 });
    expect(made.greet()).toBe('Hello, Grace! From 3.');
  });

  it('is made by a plain child container with mocks for the tokens', () => {
    const child = container.createChildContainer();
    child.register(CONFIG, { useValue: config });
    child.register(LOGGER, { useValue: fakeLogger() });
    child.register(SERVER, { useValue: fakeServer });
    child.register(WORKER_ID, { useValue: 4 });
    expect(child.resolve(GreetingWorker).greet()).toBe('Hello, Grace! From 4.');
  });

  it('is made without mocks for SERVER and WORKER_ID when it needs neither', () => {
    const child = container.createChildContainer();
    child.register(CONFIG, { useValue: config });
    child.register(LOGGER, { useValue: fakeLogger() });
    expect(child.resolve(DatabaseWorker).config).toEqual(config);
  });

  it('is made by the test kit', async () => {
    const test = createTestWorker(GreetingWorker, { config, server: fakeServer, workerId: 5 });
    const running = test.run();
    await test.stop();
    await running;
    expect(test.log).toEqual([{ level: 'info', message: 'Hello, Grace! From 5.', fields: {} }]);
  });

  it('protects its injected properties from being overwritten', () => {
    const made = new GreetingWorker({ config, logger: fakeLogger(), server: fakeServer, workerId: 0 });
    expect(() => Object.assign(made, { config: {} })).toThrow(TypeError);
  });

  it('gives an error with the cure when it is made without its context', () => {
    const make = (): unknown => new GreetingWorker(undefined as never);
    expect(make).toThrow(/GreetingWorker was created without its WorkerContext, got undefined\. Put @worker/);
  });
});

describe('a constructor with a dependency', () => {
  it('gets the instance of the container', () => {
    const test = createTestWorker(DatabaseWorker, { config });
    void test.run();
    return expect(Promise.resolve().then(() => test.log.map(({ message }) => message))).resolves.toEqual([
      'the real row',
    ]);
  });

  it('gets a mock instead', async () => {
    const providers = [{ provide: Database, useValue: { find: () => 'a fake row' } }];
    const test = createTestWorker(DatabaseWorker, { config, providers });
    await test.run();
    expect(test.log[0]?.message).toBe('a fake row');
  });

  it('may belong to a class that asks for the tokens itself', () => {
    @injectable()
    class Greeter {
      constructor(
        @inject(CONFIG) readonly settings: Config,
        @inject(LOGGER) readonly logger: Logger,
        @inject(WORKER_ID) readonly id: number,
      ) {}
    }
    @worker()
    class Greeting extends Worker<Config> {
      constructor(
        @inject(WorkerContext) context: WorkerContext<Config>,
        @inject(Greeter) readonly greeter: Greeter,
      ) {
        super(context);
      }
      override run(): void {}
    }
    const { greeter } = createTestWorker(Greeting, { config, workerId: 6 }).worker;
    expect(greeter.settings).toEqual(config);
    expect(greeter.id).toBe(6);
  });

  it('is inherited by a subclass without a constructor', () => {
    @worker()
    class Derived extends DatabaseWorker {}
    const providers = [{ provide: Database, useValue: { find: () => 'inherited' } }];
    const test = createTestWorker(Derived, { config, providers });
    test.worker.run();
    expect(test.log[0]?.message).toBe('inherited');
  });

  it('works for a Server too', () => {
    @server()
    class DatabaseServer extends Server<Config> {
      constructor(
        @inject(ServerContext) context: ServerContext<Config>,
        @inject(Database) readonly database: Database,
      ) {
        super(context);
      }
    }
    const { server: made } = createTestServer(DatabaseServer, { config });
    expect(made.database.find()).toBe('the real row');
    expect(made.config).toEqual(config);
  });
});
