// TypeScript with legacy decorators and metadata: a constructor parameter is injected by its type.
import 'reflect-metadata';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { Server, ServerEngine, Worker, WorkerContext, server, shared, worker } from 'serverengine';
import { injectable } from 'tsyringe';
import { z } from 'zod';

const AppConfig = z.object({ host: z.string() });
type AppConfig = z.infer<typeof AppConfig>;

@injectable()
class Greeter {
  greet(workerId: number): string {
    return `${workerId} ${process.pid}\n`;
  }
}

@server({ schema: AppConfig })
class AppServer extends Server<AppConfig> {
  @shared() sock!: NetServer;

  override async beforeRun(): Promise<void> {
    this.sock = await this.listenTcp({ host: this.config.host, port: 0 });
    this.logger.info('listening', { port: (this.sock.address() as AddressInfo).port });
  }
}

@worker({ type: 'process', workers: 2 })
class AppWorker extends Worker<AppConfig, AppServer> {
  constructor(
    context: WorkerContext<AppConfig, AppServer>,
    private readonly greeter: Greeter,
  ) {
    super(context);
  }

  override async run(): Promise<void> {
    this.server.sock.on('connection', (connection) => connection.end(this.greeter.greet(this.workerId)));
    await this.untilStop();
  }
}

ServerEngine.create(AppServer, AppWorker, { log: '-', host: '127.0.0.1' }).run();
