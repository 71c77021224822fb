// The least that a shared socket can cost: the parent holds it, the child listens on the descriptor.
const { spawn } = require('node:child_process');
const http = require('node:http');
const net = require('node:net');

if (process.env.BENCH_IS_CHILD) {
  const server = http.createServer((_request, response) => response.end(`${process.pid} 0`));
  server.listen({ fd: 3 });
} else {
  const handle = net._createServerHandle('127.0.0.1', Number(process.env.BENCH_PORT), 4);
  const env = { ...process.env, BENCH_IS_CHILD: '1' };
  const child = spawn(process.execPath, [__filename], {
    env,
    stdio: ['ignore', 'inherit', 'inherit', handle],
  });
  child.on('exit', () => process.exit(0));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
}
