// The app of the trial of forked workers: each worker does one thing of things.cjs, reports what came out, and goes on until it is stopped.
//
//   FORKED_THING=zlib node app.cjs
const { ServerEngine, Worker, worker } = require('serverengine');
const things = require('./things.cjs');

const name = process.env.FORKED_THING;
const { atLoad, atFork, check, workers = 2, heapMb } = things[name];
const loaded = atLoad?.();

class Trial extends Worker {
  async beforeFork() {
    this.forked = await atFork?.(loaded);
  }

  afterFork() {
    this.isForked = true;
  }

  async run() {
    let report;
    try {
      report = { ok: true, said: await check(loaded, this) };
    } catch (error) {
      report = { ok: false, said: error.stack };
    }
    this.logger.info('trial', { trial: { ...report, pid: process.pid, isForked: this.isForked === true } });
    await this.untilStop();
  }
}
worker({ type: 'process', workers, start: 'fork' })(Trial);

ServerEngine.create(null, Trial, {
  log: '-',
  logFormat: 'json',
  workerReadyTimeout: 170,
  workerHeartbeatTimeout: 170,
  workerGracefulKillInterval: 15,
  ...(heapMb ? { workerHeapLimit: `${heapMb}MB` } : {}),
}).run();
