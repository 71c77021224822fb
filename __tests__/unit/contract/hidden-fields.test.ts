import { Worker, worker } from 'serverengine';
import { createTestServer, createTestWorker } from 'serverengine/testing';
import { runProgram } from './run-program';

const WORKER = `
  import { Worker, worker } from 'serverengine';
  @worker()
  export class HidingWorker extends Worker {
    FIELD!: unknown;
    run() {}
  }
`;

const SERVER = `
  import { Server, server } from 'serverengine';
  @server()
  export class HidingServer extends Server {
    config!: { readonly port: number };
  }
`;

// The default of every target from ES2022 on.
const DEFINE = { experimentalDecorators: true, useDefineForClassFields: true };

describe('a class that declares an injected field again', () => {
  it.each(['config', 'logger', 'server', 'workerId'])(
    'as in %s!: X, gets an error that says the cure',
    (field) => {
      const { HidingWorker } = runProgram(WORKER.replace('FIELD', field), DEFINE);
      expect(() => createTestWorker(HidingWorker!)).toThrow(
        `HidingWorker declares the injected property '${field}' again, which would hide it. ` +
          `Write 'declare ${field}: …' instead of '${field}!: …'`,
      );
    },
  );

  it('gets it for a Server too', () => {
    const { HidingServer } = runProgram(SERVER, DEFINE);
    expect(() => createTestServer(HidingServer!)).toThrow(
      /HidingServer declares the injected property 'config' again/,
    );
  });

  it('gets it also when it gives the field a value under the older rules', () => {
    const source = WORKER.replace('FIELD!: unknown', 'config = { port: 2 }');
    const { HidingWorker } = runProgram(source, { ...DEFINE, useDefineForClassFields: false });
    expect(() => createTestWorker(HidingWorker!)).toThrow(/declares the injected property 'config' again/);
  });

  it('works where the compiler makes nothing of the field', () => {
    const source = WORKER.replace('FIELD', 'config');
    const { HidingWorker } = runProgram(source, { ...DEFINE, useDefineForClassFields: false });
    const test = createTestWorker<never>(HidingWorker!, { config: { port: 1 } } as never);
    expect((test.worker as Worker).config).toEqual({ port: 1 });
  });

  it('may write declare, which defines nothing', () => {
    @worker()
    class DeclaringWorker extends Worker {
      declare readonly config: { readonly port: number };
      override run(): void {}
    }
    expect(createTestWorker(DeclaringWorker, { config: { port: 1 } }).worker.config.port).toBe(1);
  });
});
