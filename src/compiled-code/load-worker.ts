/** Loads the code that all workers run, as load-core.ts has compiled it. Becomes dist/lib/worker.js; imports nothing that is built. */
import { join } from 'node:path';
import { CORE_FILE, scriptKey, type LoadedScript } from './code-place';

const loaded =
  typeof __dirname === 'string'
    ? (Reflect.get(globalThis, scriptKey(join(__dirname, CORE_FILE))) as LoadedScript | undefined)
    : undefined;

if (loaded) loaded.worker.call(module.exports, module.exports, require, module, __filename, __dirname);
// eslint-disable-next-line @typescript-eslint/no-require-imports -- in the words that a bundler looks for
else module.exports = require('./serverengine-worker.js') as unknown;
