// One plain child of child_process.fork(): the least that a worker can cost.
const { fork } = require('node:child_process');
const { join } = require('node:path');

const child = fork(join(__dirname, 'fork-child.cjs'));
child.on('exit', () => process.exit(0));
process.on('SIGTERM', () => child.kill('SIGTERM'));
