// TypeScript with standard (TC39) decorators, as an ES module.
import type { AddressInfo, Server as NetServer } from 'node:net';
import { Server, ServerEngine, Worker, server, shared, worker } from 'serverengine';
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
  override async run(): Promise<void> {
    this.server.sock.on('connection', (connection) => connection.end(`${this.workerId} ${process.pid}\n`));
    await this.untilStop();
  }
}

process.exitCode = await ServerEngine.create(AppServer, AppWorker, { log: '-', host: '127.0.0.1' }).main();
