// The program in the picture: four processes share one port. Each answer names its worker.
const http = require('node:http');
const { ServerEngine, Worker, worker } = require('../../dist/index.js');

class WebWorker extends Worker {
  async run() {
    const web = http.createServer((_request, response) => response.end(String(this.workerId)));
    web.listen(0, '127.0.0.1', () => this.logger.info('listening', { port: web.address().port }));
    await this.untilStop();
  }
}
worker({ type: 'process', workers: 4 })(WebWorker);

ServerEngine.create(null, WebWorker, { log: '-', logFormat: 'json', supervisor: true }).run();
