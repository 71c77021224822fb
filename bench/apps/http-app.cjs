// What every contender serves: one short answer, `PID MILLISECONDS_FROM_START_TO_LISTENING`.
const http = require('node:http');
const { performance } = require('node:perf_hooks');

module.exports = function serve() {
  let answer = '';
  const server = http.createServer((_request, response) => response.end(answer));
  server.listen(Number(process.env.BENCH_PORT), '127.0.0.1', () => {
    answer = `${process.pid} ${performance.now().toFixed(1)}`;
  });
  return server;
};
