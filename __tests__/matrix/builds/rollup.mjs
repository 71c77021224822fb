// Bundles an app with all its dependencies.  node rollup.mjs SOURCE FOLDER FORMAT
import commonjs from '@rollup/plugin-commonjs';
import json from '@rollup/plugin-json';
import resolve from '@rollup/plugin-node-resolve';
import { rollup } from 'rollup';

const [input, dir, format] = process.argv.slice(2);
// Without mainFields, rollup takes tsyringe as an ES module and runs it before reflect-metadata, which it needs.
const plugins = [resolve({ preferBuiltins: true, mainFields: ['main'] }), commonjs(), json()];
const bundle = await rollup({ input, plugins, onwarn: () => {} });
const extension = format === 'es' ? 'mjs' : 'cjs';
const names = { entryFileNames: `[name].${extension}`, chunkFileNames: `[name]-[hash].${extension}` };
await bundle.write({ dir, format, ...names });
