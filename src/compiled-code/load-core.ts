/**
 * Loads the code that every role runs, and compiles that of workers with it. A child gets both compiled by its parent: V8
 * then need not read the source, which saves a worker about 6 ms of 150, and half a megabyte. Becomes dist/lib/core.js;
 * imports nothing that is built.
 *
 * V8 refuses code of another version or with other flags. Of the source it compares only the length, so the parent
 * identifies the source.
 */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import vm from 'node:vm';
import { TEMPLATE_MARK } from '../common/template-mark';
import {
  CODE_ENV,
  contentId,
  CORE_FILE,
  decodeCodePlace,
  scriptKey,
  WORKER_FILE,
  type LoadedScript,
  type Wrapped,
} from './code-place';
import { withoutLazy } from './without-lazy';

const HEAD = '(function (exports, require, module, __filename, __dirname) { ';
const TAIL = '\n})';

/** Variables with which V8 keeps compiled code, or counts what runs. */
const OTHERS = ['NODE_COMPILE_CACHE', 'NODE_V8_COVERAGE'];

interface Source {
  readonly text: string;
  readonly id: string;
}

// eslint-disable-next-line @typescript-eslint/no-require-imports -- in the words that a bundler looks for
if (!loadCompiled()) module.exports = require('./serverengine-core.js') as unknown;

/** Returns whether the code was loaded. If not, Node must load it. */
function loadCompiled(): boolean {
  const place = process.env[CODE_ENV];
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a program that this process starts has no such descriptor
  delete process.env[CODE_ENV];
  if (!isAlone()) return false;
  let run: Wrapped;
  try {
    const file = join(__dirname, CORE_FILE);
    const sources = { core: readSource(file), worker: readSource(join(__dirname, WORKER_FILE)) };
    const { core, ...loaded } = compile(sources, file, place);
    Object.defineProperty(globalThis, scriptKey(file), { value: loaded });
    run = core;
  } catch {
    return false;
  }
  // An error of that code is not a failure of ours.
  run.call(module.exports, module.exports, require, module, __filename, __dirname);
  return true;
}

interface Sources {
  readonly core: Source;
  readonly worker: Source;
}

type Compiled = LoadedScript & { readonly core: Wrapped };

/**
 * As one script. V8 compiles a function at its first call, but all of them in a template: each process that is forked
 * from it would compile the same ones. Its parent has compiled only what it runs itself.
 */
function compile({ core, worker }: Sources, filename: string, place: string | undefined): Compiled {
  const source = `${core.id}_${worker.id}`;
  const cachedData = place === undefined ? undefined : takeCode(place, source);
  const make = (): vm.Script => new vm.Script(`[${wrap(core)},${wrap(worker)}]`, { filename, cachedData });
  const script = TEMPLATE_MARK in globalThis ? withoutLazy(make) : make();
  const isTaken = cachedData !== undefined && script.cachedDataRejected === false;
  const [runCore, runWorker] = script.runInThisContext() as readonly [Wrapped, Wrapped];
  return { script, source, isTaken, core: runCore, worker: runWorker };
}

function wrap({ text }: Source): string {
  return HEAD + text + TAIL;
}

/** This file is not part of a bundle or of a sandbox such as that of jest, and V8 keeps no code and counts nothing for others. */
function isAlone(): boolean {
  return (
    typeof __dirname === 'string' &&
    OTHERS.every((name) => process.env[name] === undefined) &&
    vm.runInThisContext('globalThis') === globalThis
  );
}

function readSource(file: string): Source {
  const fd = openSync(file, 'r');
  try {
    return { id: contentId(fstatSync(fd)), text: readFileSync(fd, 'latin1') };
  } finally {
    closeSync(fd);
  }
}

/** Undefined: it is not what the parent has named. */
function takeCode(text: string, sourceId: string): Buffer | undefined {
  const place = decodeCodePlace(text);
  if (place === undefined) return undefined;
  const stats = fstatSync(place.fd);
  if (contentId(stats) !== place.code) return undefined;
  const code = Buffer.allocUnsafeSlow(stats.size);
  const length = readSync(place.fd, code, 0, stats.size, 0);
  closeSync(place.fd);
  return length === stats.size && place.source === sourceId ? code : undefined;
}
