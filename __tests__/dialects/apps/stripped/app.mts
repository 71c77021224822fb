// TypeScript that Node itself strips: only erasable types, and decorators as functions.
import type { AddressInfo, Server as NetServer } from 'node:net';
import { Server, ServerEngine, Worker, server, shared, worker, type WorkerContext } from 'serverengine';

interface AppConfig {
  readonly host: string;
}

class AppServer extends Server<AppConfig> {
  declare sock: NetServer;

  override async beforeRun(): Promise<void> {
    this.sock = await this.listenTcp({ host: this.config.host, port: 0 });
    this.logger.info('listening', { port: (this.sock.address() as AddressInfo).port });
  }
}
shared()(AppServer.prototype, 'sock');
server()(AppServer);

class AppWorker extends Worker<AppConfig, AppServer> {
  private readonly greeting: string;

  constructor(context: WorkerContext<AppConfig, AppServer>) {
    super(context);
    this.greeting = 'a worker without a compiler';
  }

  override async run(): Promise<void> {
    this.server.sock.on('connection', (connection) => connection.end(`${this.workerId} ${process.pid}\n`));
    this.logger.info(this.greeting);
    await this.untilStop();
  }
}
worker({ type: 'process', workers: 2 })(AppWorker);

ServerEngine.create(AppServer, AppWorker, { log: '-', host: '127.0.0.1' }).run();
