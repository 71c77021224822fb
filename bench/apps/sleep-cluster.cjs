// node:cluster with idle workers, to measure what they cost their parent.
const cluster = require('node:cluster');
const { appendFileSync } = require('node:fs');

if (cluster.isPrimary) {
  for (let count = 0; count < Number(process.env.BENCH_WORKERS); count += 1) cluster.fork();
  // The workers end by themselves without their primary.
  process.on('SIGTERM', () => process.exit(0));
} else {
  appendFileSync(process.env.BENCH_RECORD, `${process.pid}\n`);
  setInterval(() => {}, 2 ** 30);
}
