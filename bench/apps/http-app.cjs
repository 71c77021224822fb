// The app of every contender: one short answer, `PID MILLISECONDS_FROM_START_TO_LISTENING`. It records when it listens.
const { appendFileSync } = require('node:fs');
const http = require('node:http');

if (process.env.BENCH_HEAVY) require('./heavy.cjs');

const allocating = process.env.BENCH_ALLOCATE ? require('./allocating.cjs') : undefined;

exports.serve = function serve() {
  let answer = '';
  const work = allocating?.begin();
  const server = http.createServer((_request, response) => {
    work?.();
    response.end(answer);
  });
  server.listen(Number(process.env.BENCH_PORT), '127.0.0.1', () => {
    const { pid } = process;
    // Not performance.now(), which would make Node load eight modules in each worker.
    answer = `${pid} ${(process.uptime() * 1000).toFixed(1)}`;
    appendFileSync(process.env.BENCH_LISTENING, `${pid} ${Date.now()}\n`);
  });
  return server;
};

/** With the graceful end that the documentation of PM2 and node:cluster leaves to the app. */
exports.serveUntilShutdown = function serveUntilShutdown() {
  const server = exports.serve();
  const end = () => server.close(() => process.exit(0));
  process.on('message', (message) => message === 'shutdown' && end());
  process.on('SIGINT', end);
};
