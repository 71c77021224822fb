// serverengine: every worker logs to the one file of the engine.
const { ServerEngine, Worker, worker } = require('serverengine');
const { writeLines } = require('./log-writer.cjs');

const workers = Number(process.env.BENCH_WORKERS);

class LoggingWorker extends Worker {
  async run() {
    await writeLines((message) => this.logger.info(message), this.workerId, workers);
    await this.untilStop();
  }
}
worker({ type: 'process', workers })(LoggingWorker);

ServerEngine.create(null, LoggingWorker, { log: process.env.BENCH_LOG, logRotateSize: 0 }).run();
