// serverengine: the same app in run(), without code to share ports.
const { appendFileSync } = require('node:fs');
const { ServerEngine, Worker, worker } = require('serverengine');

const {
  BENCH_WORKERS,
  BENCH_RECORD,
  BENCH_STRATEGY,
  BENCH_STANDBY,
  BENCH_REFLECT,
  BENCH_START,
  BENCH_PRELOAD,
  BENCH_HEAVY,
} = process.env;

// As in a TypeScript entry that uses the container.
if (BENCH_REFLECT) require('reflect-metadata');

// A standby or a template loads the program before a worker is needed. A program that loads a lot does so at its top:
// the server process loads it, too, unless it is in `preload`.
if (!BENCH_PRELOAD && (BENCH_STANDBY || BENCH_START || BENCH_HEAVY)) require('./http-app.cjs');

class HttpWorker extends Worker {
  async run() {
    require('./http-app.cjs').serve();
    await this.untilStop();
  }

  reload() {
    appendFileSync(BENCH_RECORD, `${process.pid}\n`);
  }
}
worker({ type: 'process', workers: Number(BENCH_WORKERS) })(HttpWorker);

ServerEngine.create(null, HttpWorker, {
  ...(BENCH_STRATEGY && { restartStrategy: BENCH_STRATEGY }),
  ...(BENCH_START && { workerStart: BENCH_START }),
  ...(BENCH_PRELOAD && { preload: ['./http-app.cjs'] }),
  ...(BENCH_STANDBY && { standbyWorkers: Number(BENCH_STANDBY) }),
}).run();
