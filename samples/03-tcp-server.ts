// npm start: four worker processes answer 'Awesome work!' on 127.0.0.1:9071. Try: nc 127.0.0.1 9071
import type { AddressInfo, Server as NetServer } from 'node:net';
import { Server, ServerEngine, Worker, server, shared, worker } from 'serverengine';
import { z } from 'zod';

const AppConfig = z.object({ bind: z.string().default('127.0.0.1'), port: z.number().default(9071) });
type AppConfig = z.infer<typeof AppConfig>;

@server({ schema: AppConfig })
class TcpServer extends Server<AppConfig> {
  @shared() sock!: NetServer;

  override async beforeRun(): Promise<void> {
    this.sock = await this.listenTcp({ host: this.config.bind, port: this.config.port });
    const { port } = this.sock.address() as AddressInfo;
    this.logger.info('listening', { host: this.config.bind, port });
  }
}

@worker({ type: 'process', workers: 4 })
class TcpWorker extends Worker<AppConfig, TcpServer> {
  override async run(): Promise<void> {
    this.server.sock.on('connection', (connection) => connection.end('Awesome work!\n'));
    await this.untilStop();
  }
}

ServerEngine.create(TcpServer, TcpWorker, { log: '-' }).run();
