// The input of a bundler. The worker blocks its event loop now and then, so that the watchdog thread has work.
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
    // Repeated, because the start of the watchdog thread may take any time.
    const blocking = setInterval(block, 1000);
    await this.untilStop();
    clearInterval(blocking);
  }
}
worker({ type: 'process', workers: 2 })(AppWorker);

/** A loop with an effect: rollup leaves out one that only asks for the time. */
function block() {
  for (const end = Date.now() + 300; Date.now() < end;) globalThis.turns = (globalThis.turns ?? 0) + 1;
}

const config = { log: '-', host: '127.0.0.1', hangDiagnosis: 'thread', workerLagWarn: 0.1 };
ServerEngine.create(AppServer, AppWorker, config).run();
