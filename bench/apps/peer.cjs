// A package that was installed for the bench alone.
const { createRequire } = require('node:module');
const { join } = require('node:path');

exports.peer = createRequire(join(__dirname, '../peers/package.json'));
