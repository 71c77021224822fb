// What a request of a busy program allocates: some of it is kept for a while. Records each pause for a collection.
const { appendFileSync } = require('node:fs');
const { PerformanceObserver } = require('node:perf_hooks');

const ROWS = 100;
/** One of so many results is kept, and the oldest then dropped. */
const KEPT_EVERY = 10;
const MOST_KEPT = 1000;

/** Returns the work for one request. */
exports.begin = function begin() {
  const kept = [];
  let count = 0;
  new PerformanceObserver((list) => {
    const pauses = list.getEntries().map(({ duration }) => `${duration.toFixed(3)}\n`);
    appendFileSync(process.env.BENCH_RECORD, pauses.join(''));
  }).observe({ entryTypes: ['gc'] });
  return () => {
    count += 1;
    const rows = Array.from({ length: ROWS }, (_, row) => ({
      row,
      name: `row ${row} of ${count}`,
      parts: [row],
    }));
    const result = JSON.parse(JSON.stringify(rows));
    if (count % KEPT_EVERY === 0) kept[(count / KEPT_EVERY) % MOST_KEPT] = result;
  };
};
