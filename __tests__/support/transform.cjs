/**
 * TypeScript for jest, by esbuild: that takes a twentieth of the time of the compiler, which then no worker of jest has
 * to load. Types are checked elsewhere. `jest.mock` is not moved above the imports: what must see the mock is loaded
 * below it, by `require`.
 */
const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { transformSync, version } = require('esbuild');

const OPTIONS = {
  loader: 'ts',
  format: 'cjs',
  platform: 'node',
  sourcemap: 'inline',
  // The contexts of jest know `require` alone.
  supported: { 'dynamic-import': false },
  tsconfigRaw: readFileSync(join(__dirname, '../../tsconfig.json'), 'utf8'),
};
/** What a result depends on, besides the file. */
const FIXED = [version, JSON.stringify(OPTIONS)];

module.exports = {
  getCacheKey: (source, path, { instrument }) =>
    createHash('sha1')
      .update(JSON.stringify([...FIXED, source, path, instrument]))
      .digest('hex'),
  process: (source, path) => transformSync(source, { ...OPTIONS, sourcefile: path }),
};
