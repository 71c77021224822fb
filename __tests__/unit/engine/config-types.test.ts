import { Server, ServerEngine, Worker, fromFile, server, worker, type ConfigInput } from 'serverengine';
import { z } from 'zod';

const AppConfig = z.object({
  port: z.number(),
  mode: z.enum(['fast', 'safe']).default('fast'),
  database: z.object({ hosts: z.array(z.string()), retries: z.number().default(3) }),
  since: z.coerce.date().optional(),
  id: z.string().brand('id').optional(),
  workers: z.number(),
});
type AppConfig = z.infer<typeof AppConfig>;

@server({ schema: AppConfig })
class AppServer extends Server<AppConfig> {}

@worker()
class AppWorker extends Worker<AppConfig, AppServer> {
  override run(): void {}
}

@worker()
class PlainWorker extends Worker {
  override run(): void {}
}

// Checked by the compiler: a line without an error under @ts-expect-error is an error.
describe('the config of create()', () => {
  it('has the types that the classes name', () => {
    const create = ServerEngine.create.bind(ServerEngine);
    create(AppServer, AppWorker, { port: 80, mode: 'safe', database: { hosts: ['a'] }, workers: 2 });
    // An engine key, and a key outside of the schema.
    create(AppServer, AppWorker, { workers: 'auto', logLevel: 'info', other: { a: 1 } });
    create(AppServer, AppWorker, { since: '2026-11-22', id: 'a' });
    create(AppServer, AppWorker);
    create(AppServer, AppWorker, {});
    // @ts-expect-error -- a text for a number
    create(AppServer, AppWorker, { port: '80' });
    // @ts-expect-error -- no word of the enum
    create(AppServer, AppWorker, { mode: 'slow' });
    // @ts-expect-error -- deep inside
    create(AppServer, AppWorker, { database: { hosts: [1] } });
    // @ts-expect-error -- also where only the worker names it
    create(null, AppWorker, { port: '80' });
    // @ts-expect-error -- also where only the server names it
    create(AppServer, PlainWorker, { port: '80' });
    // @ts-expect-error -- an engine key
    create(AppServer, AppWorker, { workerType: 'fork' });
    expect(create(null, PlainWorker, { port: '80' })).toBeInstanceOf(ServerEngine);
  });

  it('may be a function, which only the schema checks, or a value of unknown type', () => {
    const given: ConfigInput = { port: 80 };
    const unknown: Record<string, unknown> = { port: 80 };
    ServerEngine.create(AppServer, AppWorker, given);
    ServerEngine.create(AppServer, AppWorker, () => unknown);
    ServerEngine.create(AppServer, AppWorker, async () => ({ port: process.env['PORT'] }));
    expect(ServerEngine.create(AppServer, AppWorker, fromFile('server.yml'))).toBeInstanceOf(ServerEngine);
  });
});
