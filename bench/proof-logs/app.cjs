// Workers that write numbered lines as fast as they can, by their logger or, as foreign programs, to stdout and stderr.
const { openSync, writeFileSync, writeSync } = require('node:fs');
const { join } = require('node:path');
const { ServerEngine, Worker, worker } = require('serverengine');

const { PROOF_CONFIG, PROOF_LINES, PROOF_PROGRESS, PROOF_WRITE } = process.env;
const LINES = Number(PROOF_LINES);
const BURST = 200;
const PAYLOAD = 'plain, ümläut, 日本語, 🎈 '.repeat(3);
const HUGE = 'x'.repeat(1024 * 1024);

/** The nth line of a writer: most are short, one in a thousand has several lines, one in 20,000 is a megabyte. */
function lineOf(writer, number, isRaw) {
  const head = `proof writer=${writer} number=${number} `;
  if (number % 20_000 === 1000) return `${head}${HUGE} end`;
  if (!isRaw && number % 1000 === 500) return `${head}first\nsecond ${PAYLOAD} end`;
  return `${head}${PAYLOAD}end`;
}

class LoggingWorker extends Worker {
  async run() {
    const writer = `${this.workerId}-${process.pid}-${PROOF_WRITE}-${Date.now()}`;
    // Its progress, in case it is killed: every line for which the logger call has returned must be in the log.
    const progress = openSync(join(PROOF_PROGRESS, writer), 'w');
    const note = Buffer.alloc(4);
    for (let number = 1; number <= LINES; number += 1) {
      this.logger.info(lineOf(writer, number, false));
      note.writeUInt32LE(number);
      writeSync(progress, note, 0, 4, 0);
      if (PROOF_WRITE === 'exit' && number === LINES) process.exit(0);
      if (number % BURST === 0) await new Promise((resolve) => setImmediate(resolve));
      if (this.stopSignal.aborted) return;
    }
    writeFileSync(join(PROOF_PROGRESS, `${writer}.done`), '');
    await this.untilStop();
  }

  spawn(processManager) {
    return processManager.spawn(process.execPath, [__filename, 'foreign', String(this.workerId)]);
  }
}

/** A program without the engine. */
async function foreign(workerId) {
  const streams = [
    ['out', process.stdout],
    ['err', process.stderr],
  ];
  for (const [name, stream] of streams) {
    const writer = `${workerId}-${process.pid}-${name}`;
    for (let number = 1; number <= LINES; number += 1) {
      const isTaken = stream.write(`${lineOf(writer, number, true)}\n`);
      if (!isTaken) await new Promise((resolve) => stream.once('drain', resolve));
    }
    await new Promise((resolve) => stream.write('', resolve));
    writeFileSync(join(PROOF_PROGRESS, `${writer}.done`), '');
  }
  process.on('SIGTERM', () => process.exit(0));
  setInterval(() => {}, 60_000);
}

if (process.argv[2] === 'foreign') {
  void foreign(process.argv[3]);
} else {
  const config = JSON.parse(PROOF_CONFIG);
  worker({ type: config.workerType })(LoggingWorker);
  ServerEngine.create(null, LoggingWorker, config).run();
}
