/**
 * Keeps only the declarations in dist/ that users can reach from index.d.ts and testing.d.ts. The compiler writes one
 * for every source file.
 *
 *   node scripts/public-declarations.mjs
 */
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const DOORS = ['index.d.ts', 'testing.d.ts'].map((name) => join(DIST, name));

/** An import for side effects brings no types. */
const LOADS_ONLY = /^import '[^']*';\n/gm;

const reached = new Set(DOORS);
for (const file of reached) {
  const text = readFileSync(file, 'utf8').replace(LOADS_ONLY, '');
  writeFileSync(file, text);
  for (const [, specifier] of text.matchAll(/(?:from |import\()['"](\.[^'"]*)['"]/g)) {
    const path = `${resolve(dirname(file), specifier)}.d.ts`;
    if (!existsSync(path)) throw new Error(`${file} imports ${specifier}, which has no declarations`);
    reached.add(path);
  }
}
for (const name of readdirSync(DIST, { recursive: true })) {
  const path = join(DIST, name);
  if (name.endsWith('.d.ts') && !reached.has(path)) rmSync(path);
}
for (const entry of readdirSync(DIST, { withFileTypes: true }))
  if (entry.isDirectory()) removeIfEmpty(join(DIST, entry.name));

function removeIfEmpty(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeIfEmpty(join(folder, entry.name));
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}
