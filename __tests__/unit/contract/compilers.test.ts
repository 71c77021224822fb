import ts from 'typescript';
import { createTestServer, createTestWorker } from 'serverengine/testing';
import { sharedProperties } from '../../../src/contract/metadata';
import { runProgram } from './run-program';

const SIMPLE = `
  import { Server, Worker, server, shared, worker } from 'serverengine';
  @server({})
  export class MyServer extends Server {
    @shared() names = ['Ada'];
    @shared() port = 0;
  }
  @worker({ workers: 2 })
  export class MyWorker extends Worker<{ greeting: string }, MyServer> {
    async run() { this.logger.info(this.config.greeting + ', ' + this.server.names); }
  }
`;

const INJECTED = `
  import { inject, injectable } from 'tsyringe';
  import { Worker, WorkerContext, worker } from 'serverengine';
  @injectable()
  export class Database { find() { return 'row'; } }
  @worker({})
  export class MyWorker extends Worker {
    constructor(context: WorkerContext, @inject(Database) readonly database: Database) { super(context); }
    async run() { this.logger.info(this.database.find()); }
  }
`;

describe.each([
  ['legacy decorators', { experimentalDecorators: true }],
  [
    'legacy decorators with emitDecoratorMetadata',
    { experimentalDecorators: true, emitDecoratorMetadata: true },
  ],
  ['standard decorators', { experimentalDecorators: false }],
  ['standard decorators without class fields', { target: ts.ScriptTarget.ES2021 }],
])('a program compiled with %s', (_name, options) => {
  it('has its classes marked and constructs them', async () => {
    const { MyServer, MyWorker } = runProgram(SIMPLE, options);
    const made = createTestServer(MyServer!).server as { names?: string[] };
    expect(made.names).toEqual(['Ada']);
    expect(sharedProperties(MyServer!)).toEqual(['names', 'port']);
    const test = createTestWorker<never>(MyWorker!, { config: { greeting: 'Hello' }, server: made } as never);
    await test.run();
    expect(test.log.map(({ message }) => message)).toEqual(['Hello, Ada']);
  });
});

describe.each([false, true])('with emitDecoratorMetadata %s', (emitDecoratorMetadata) => {
  const options = { experimentalDecorators: true, emitDecoratorMetadata };

  it('a constructor gets its context without a mark, and what @inject names', async () => {
    const test = createTestWorker<never>(runProgram(INJECTED, options)['MyWorker']!);
    await test.run();
    expect(test.log[0]?.message).toBe('row');
  });

  it('a constructor parameter without a mark is found by its type, or gives an error with the cure', async () => {
    const source = INJECTED.replace('@inject(Database) ', '');
    if (emitDecoratorMetadata) {
      const test = createTestWorker<never>(runProgram(source, options)['MyWorker']!);
      await test.run();
      expect(test.log[0]?.message).toBe('row');
    } else {
      expect(() => runProgram(source, options)).toThrow(
        'MyWorker: nothing says what to inject as constructor parameter 2. Write @inject(TOKEN) before it',
      );
    }
  });
});
