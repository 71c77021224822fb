// serverengine with idle workers, to measure what they cost their parent.
const { appendFileSync } = require('node:fs');
const { ServerEngine, Worker, worker } = require('serverengine');

class SleepingWorker extends Worker {
  async run() {
    appendFileSync(process.env.BENCH_RECORD, `${process.pid}\n`);
    await this.untilStop();
  }
}
worker({ type: 'process', workers: Number(process.env.BENCH_WORKERS) })(SleepingWorker);

ServerEngine.create(null, SleepingWorker).run();
