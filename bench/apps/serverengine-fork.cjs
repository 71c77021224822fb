// serverengine with workers that are forked from a process that has loaded the program.
process.env.BENCH_START = 'fork';
require('./serverengine.cjs');
