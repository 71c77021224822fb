// TypeScript through tsx: legacy decorators without metadata, so a constructor parameter names its token.
import 'reflect-metadata';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { LOGGER, Server, ServerEngine, Worker, WorkerContext, server, shared, worker } from 'serverengine';
import type { Logger } from 'serverengine';
import { inject } from 'tsyringe';
import { z } from 'zod';

const AppConfig = z.object({ host: z.string() });
type AppConfig = z.infer<typeof AppConfig>;

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
    @inject(LOGGER) private readonly log: Logger,
  ) {
    super(context);
  }

  override async run(): Promise<void> {
    this.server.sock.on('connection', (connection) => connection.end(`${this.workerId} ${process.pid}\n`));
    this.log.info('a worker of tsx');
    await this.untilStop();
  }
}

ServerEngine.create(AppServer, AppWorker, { log: '-', host: '127.0.0.1' }).run();
