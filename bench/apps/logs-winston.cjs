// One process with winston's File transport and the same line format.
const { peer } = require('./peer.cjs');
const { writeLines } = require('./log-writer.cjs');

const { createLogger, format, transports } = peer('winston');
const logger = createLogger({
  format: format.combine(
    format.timestamp(),
    format.printf(
      ({ timestamp, level, message }) => `${timestamp} [${level}] worker=0 pid=${process.pid}: ${message}`,
    ),
  ),
  transports: [new transports.File({ filename: process.env.BENCH_LOG })],
});

process.on('SIGTERM', () => process.exit(0));
setInterval(() => {}, 2 ** 30);
void writeLines((message) => logger.info(message), 0, 1);
