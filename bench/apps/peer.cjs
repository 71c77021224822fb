// Loads a package that is installed only for the bench.
const { createRequire } = require('node:module');
const { join } = require('node:path');

exports.peer = createRequire(join(__dirname, '../peers/package.json'));
