// The peer: node:cluster as in its documentation. SIGUSR1 triggers a rolling restart, as one writes it by hand.
const cluster = require('node:cluster');

if (cluster.isPrimary) {
  let isStopping = false;
  const replaced = new Set();
  for (let count = 0; count < Number(process.env.BENCH_WORKERS); count += 1) cluster.fork();
  cluster.on('exit', (worker) => {
    if (!isStopping && !replaced.delete(worker)) cluster.fork();
    if (isStopping && Object.keys(cluster.workers).length === 0) process.exit(0);
  });
  process.on('SIGTERM', () => {
    isStopping = true;
    for (const worker of Object.values(cluster.workers)) process.kill(worker.process.pid, 'SIGTERM');
  });
  process.on('SIGUSR1', () => {
    const old = Object.values(cluster.workers);
    const next = () => {
      const worker = old.shift();
      if (!worker) return;
      cluster.fork().once('listening', () => {
        replaced.add(worker);
        worker.once('exit', next);
        worker.send('shutdown');
      });
    };
    next();
  });
} else {
  require('./http-app.cjs').serveUntilShutdown();
}
