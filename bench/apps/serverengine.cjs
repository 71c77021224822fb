// Ours: the same app in run(), which knows nothing of sharing ports.
const { ServerEngine, Worker, worker } = require('serverengine');

class HttpWorker extends Worker {
  async run() {
    const server = require('./http-app.cjs')();
    await this.untilStop();
    server.close();
    server.closeAllConnections();
  }
}
worker({ type: 'process', workers: Number(process.env.BENCH_WORKERS) })(HttpWorker);

ServerEngine.create(null, HttpWorker).run();
