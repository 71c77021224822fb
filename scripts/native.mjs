/**
 * Compiles native/fork.c. It downloads nothing: the file declares what it uses of Node.
 *
 *   node scripts/native.mjs           for this machine; fails without a compiler
 *   node scripts/native.mjs --try     for this machine; prints a message instead
 *   node scripts/native.mjs --all     for each platform that there is a compiler for, and prints which are left out
 *
 * CC names the compiler for this machine. The files go to native/built, or to the folder after --into.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../native/', import.meta.url));
const TRIPLES = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };
// Without a library, and with functions only that each C library has: the same file works with glibc and musl, see
// docs/internals/fork.md.
const FLAGS = [
  '-std=gnu11',
  '-O2',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-fPIC',
  '-shared',
  '-fvisibility=hidden',
  '-nostdlib',
  '-U_FORTIFY_SOURCE',
  '-fno-stack-protector',
  '-Wl,--build-id=none',
  '-s',
];

const into = process.argv.includes('--into')
  ? process.argv[process.argv.indexOf('--into') + 1]
  : `${FOLDER}built`;
const isAll = process.argv.includes('--all');
const isTry = process.argv.includes('--try');
const failed = [];
for (const arch of isAll ? Object.keys(TRIPLES) : [process.arch]) {
  const why = compile(arch);
  if (why === undefined) continue;
  process.stderr.write(`native/fork.c is not compiled for linux-${arch}: ${why}\n`);
  failed.push(arch);
}
if (failed.length > 0 && !isAll && !isTry) process.exitCode = 1;

/** Why there is no file; undefined: there is one. */
function compile(arch) {
  const file = `${into}/fork-linux-${arch}.node`;
  mkdirSync(into, { recursive: true });
  // An older one may not fit the rest of the package.
  rmSync(file, { force: true });
  const isHere = process.platform === 'linux' && process.arch === arch;
  if (!isAll && process.platform !== 'linux') return 'fork needs Linux';
  const [command, ...args] = compilers(arch, isHere).find(([name]) => runs(name)) ?? [];
  if (command === undefined) {
    const triple = TRIPLES[arch];
    const cross = triple === undefined ? 'gcc' : `gcc, ${triple}-gcc or zig`;
    return isHere
      ? 'there is no C compiler: set CC, or install gcc'
      : `there is no compiler for it: install ${cross}`;
  }
  const { status } = spawnSync(command, [...args, ...FLAGS, '-o', file, `${FOLDER}fork.c`], {
    stdio: 'inherit',
  });
  if (status === 0) return undefined;
  // It is there and cannot compile: nobody should find out later.
  process.exitCode = 1;
  return `${command} failed`;
}

function compilers(arch, isHere) {
  const triple = TRIPLES[arch];
  return [
    ...(isHere ? [process.env.CC, 'cc', 'gcc', 'clang'].filter(Boolean).map((name) => [name]) : []),
    ...(triple === undefined ? [] : [[`${triple}-gcc`], ['zig', 'cc', `--target=${triple}`]]),
  ];
}

function runs(name) {
  return spawnSync(name, name === 'zig' ? ['version'] : ['--version'], { stdio: 'ignore' }).status === 0;
}
