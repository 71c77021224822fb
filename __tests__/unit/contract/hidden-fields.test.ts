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

// The compiler's default from ES2022 on.
const DEFINE = { experimentalDecorators: true, useDefineForClassFields: true };

describe('a class that redeclares an injected field', () => {
  it.each(['config', 'logger', 'server', 'workerId'])(
    'gets an error that names the cure for %s!: X',
    (field) => {
      const { HidingWorker } = runProgram(WORKER.replace('FIELD', field), DEFINE);
      expect(() => createTestWorker(HidingWorker!)).toThrow(
        `HidingWorker declares the injected property '${field}' again, which would hide it. ` +
          `Write 'declare ${field}: …' instead of '${field}!: …'`,
      );
    },
  );

  it('gets that error for a Server too', () => {
    const { HidingServer } = runProgram(SERVER, DEFINE);
    expect(() => createTestServer(HidingServer!)).toThrow(
      /HidingServer declares the injected property 'config' again/,
    );
  });

  it('gets that error when it assigns the field under the older rules', () => {
    const source = WORKER.replace('FIELD!: unknown', 'config = { port: 2 }');
    const { HidingWorker } = runProgram(source, { ...DEFINE, useDefineForClassFields: false });
    expect(() => createTestWorker(HidingWorker!)).toThrow(/declares the injected property 'config' again/);
  });

  it('works when the compiler emits no field', () => {
    const source = WORKER.replace('FIELD', 'config');
    const { HidingWorker } = runProgram(source, { ...DEFINE, useDefineForClassFields: false });
    const test = createTestWorker<never>(HidingWorker!, { config: { port: 1 } } as never);
    expect((test.worker as Worker).config).toEqual({ port: 1 });
  });

  it('may use declare, which emits no field', () => {
    @worker()
    class DeclaringWorker extends Worker {
      declare readonly config: { readonly port: number };
      override run(): void {}
    }
    expect(createTestWorker(DeclaringWorker, { config: { port: 1 } }).worker.config.port).toBe(1);
  });
});
