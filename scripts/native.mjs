/**
 * Compiles native/fork.c for this machine. It downloads nothing: the file declares what it uses of Node.
 *
 *   node scripts/native.mjs           fails without a compiler
 *   node scripts/native.mjs --try     prints a message instead
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../native/', import.meta.url));
const FLAGS = [
  '-std=gnu11',
  '-O2',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-fPIC',
  '-shared',
  '-fvisibility=hidden',
  '-s',
];

if (process.platform !== 'linux') end('fork needs Linux');
const compiler = [process.env.CC, 'cc', 'gcc', 'clang'].find((name) => name && runs(name));
if (compiler === undefined) end('there is no C compiler: set CC, or install gcc');
mkdirSync(`${FOLDER}built`, { recursive: true });
const file = `${FOLDER}built/fork-linux-${process.arch}.node`;
const { status } = spawnSync(compiler, [...FLAGS, '-o', file, `${FOLDER}fork.c`], { stdio: 'inherit' });
process.exitCode = status ?? 1;

function runs(name) {
  return spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0;
}

function end(why) {
  const isTry = process.argv.includes('--try');
  process.stderr.write(`native/fork.c is not compiled: ${why}\n`);
  process.exit(isTry ? 0 : 1);
}
