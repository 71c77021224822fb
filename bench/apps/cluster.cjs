// The peer: node:cluster as its documentation shows it.
const cluster = require('node:cluster');

if (cluster.isPrimary) {
  let isStopping = false;
  for (let count = 0; count < Number(process.env.BENCH_WORKERS); count += 1) cluster.fork();
  cluster.on('exit', () => {
    if (!isStopping) cluster.fork();
    else if (Object.keys(cluster.workers).length === 0) process.exit(0);
  });
  process.on('SIGTERM', () => {
    isStopping = true;
    for (const worker of Object.values(cluster.workers)) process.kill(worker.process.pid, 'SIGTERM');
  });
} else {
  require('./http-app.cjs')();
}
