// One process with pino, asynchronous or synchronous as BENCH_PINO says.
const { peer } = require('./peer.cjs');
const { writeLines } = require('./log-writer.cjs');

const pino = peer('pino');
const sync = process.env.BENCH_PINO === 'sync';
const logger = pino(pino.destination({ dest: process.env.BENCH_LOG, sync }));

process.on('SIGTERM', () => process.exit(0));
setInterval(() => {}, 2 ** 30);
void writeLines((message) => logger.info(message), 0, 1);
