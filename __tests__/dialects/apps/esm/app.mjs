// ESM JavaScript: named imports, and a top-level await of main().
import { Server, ServerEngine, Worker, server, shared, worker } from 'serverengine';

class AppServer extends Server {
  async beforeRun() {
    this.sock = await this.listenTcp({ host: this.config.host, port: 0 });
    this.logger.info('listening', { port: this.sock.address().port });
  }
}
shared()(AppServer.prototype, 'sock');
server()(AppServer);

class AppWorker extends Worker {
  async run() {
    this.server.sock.on('connection', (connection) => connection.end(`${this.workerId} ${process.pid}\n`));
    await this.untilStop();
  }
}
worker({ type: 'process', workers: 2 })(AppWorker);

process.exitCode = await ServerEngine.create(AppServer, AppWorker, { log: '-', host: '127.0.0.1' }).main();
