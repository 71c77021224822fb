// Writes numbered lines once it is told to, at the same pace for all loggers.
const { existsSync, appendFileSync } = require('node:fs');
const { setImmediate: turn, setTimeout: sleep } = require('node:timers/promises');

const { BENCH_GO, BENCH_RECORD, BENCH_LINES } = process.env;
/** Real programs return to their event loop while they log. */
const LINES_A_TURN = 100;
const MESSAGE_BYTES = 100;

/**
 * @param {(message: string) => void} write
 * @param {number} writer of several
 */
exports.writeLines = async function writeLines(write, writer, writers) {
  appendFileSync(BENCH_RECORD, `${process.pid}\n`);
  while (!existsSync(BENCH_GO)) await sleep(2);
  const count = Number(BENCH_LINES) / writers;
  for (let line = 0; line < count; line += 1) {
    write(`line ${writer}-${line} `.padEnd(MESSAGE_BYTES, 'x'));
    if (line % LINES_A_TURN === LINES_A_TURN - 1) await turn();
  }
};
