import { mkdirSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { buildSync } from 'esbuild';

const ROOT = join(__dirname, '../..');
const made = new Map<string, string>();

/**
 * The path of one plain script that has this program of a test and all that it imports from the source, so that a
 * process starts without a compiler in it: that costs half a second each time. Packages stay what they are.
 */
export function bundled(program: string): string {
  const known = made.get(program);
  if (known !== undefined) return known;
  // In the repository: packages are looked for from where the script lies. Another test may be making the same one.
  const path = join(ROOT, '.build/programs', `${basename(dirname(program))}-${basename(program, '.ts')}.js`);
  const draft = `${path}.${String(process.pid)}`;
  mkdirSync(dirname(path), { recursive: true });
  buildSync({
    entryPoints: [program],
    outfile: draft,
    bundle: true,
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  });
  renameSync(draft, path);
  made.set(program, path);
  return path;
}
