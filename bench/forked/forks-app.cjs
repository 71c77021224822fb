// Workers that end as soon as they are forked; see forks.mjs.
const { appendFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { ServerEngine, Worker, worker } = require('serverengine');

const folder = process.env.FORKS_FOLDER;

class Short extends Worker {
  beforeFork() {
    writeFileSync(join(folder, 'template'), String(process.pid), { flag: 'wx' });
  }

  afterFork() {
    appendFileSync(join(folder, 'forked'), '.');
    process.exit(0);
  }

  async run() {}
}
worker({ type: 'process', workers: 8, start: 'fork' })(Short);

ServerEngine.create(null, Short, {
  logLevel: 'fatal',
  startRetry: true,
  restartBackoffMin: 0.001,
  restartBackoffMax: 0.001,
  restartBackoffReset: 0,
  workerReadyTimeout: 120,
}).run();
