// Answers with the pid of the worker, which listens in the way that PROOF_WAY names.
const cluster = require('node:cluster');
const http = require('node:http');

const { PROOF_PORT: port, PROOF_WAY: way, PROOF_WORKERS: workers } = process.env;

function serve() {
  const server = http.createServer((_request, response) => response.end(String(process.pid)));
  server.keepAliveTimeout = 60_000;
  server.listen({
    port: Number(port),
    host: '127.0.0.1',
    ...(way === 'reusePort' ? { reusePort: true } : {}),
  });
  return server;
}

if (way === 'node:cluster') {
  if (cluster.isPrimary) for (let count = 0; count < Number(workers); count += 1) cluster.fork();
  else serve();
} else {
  const { ServerEngine, Worker, worker } = require('serverengine');
  class PidWorker extends Worker {
    async run() {
      serve();
      await this.untilStop();
    }
  }
  worker({ type: 'process', workers: Number(workers) })(PidWorker);
  const acceptBalance = way.includes('acceptBalance');
  ServerEngine.create(null, PidWorker, { logLevel: 'warn', acceptBalance }).run();
}
