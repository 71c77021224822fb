import { mkdirSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { buildSync } from 'esbuild';

const ROOT = join(__dirname, '../..');
const made = new Map<string, string>();

/**
 * The path of a plain script that contains this program of a test and everything that it imports from the source. So the
 * process starts without a compiler, which would cost half a second each time. Packages are not bundled.
 */
export function bundled(program: string): string {
  const known = made.get(program);
  if (known !== undefined) return known;
  // Inside the repository, because packages are looked up from the folder of the script. Another test may be building the same one.
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
