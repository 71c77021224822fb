/**
 * Loads the code that every role runs. A child gets it compiled by its parent: V8 then need not read the source, which
 * saves a worker about 6 ms of 150, and half a megabyte. Becomes dist/lib/core.js; imports nothing that is built.
 *
 * V8 refuses code of another version or with other flags. Of the source it compares only the length, so the parent
 * identifies the source.
 */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import vm from 'node:vm';
import { TEMPLATE_MARK } from '../common/template-mark';
import { CODE_ENV, contentId, CORE_FILE, decodeCodePlace, scriptKey, type LoadedScript } from './code-place';

const HEAD = '(function (exports, require, module, __filename, __dirname) { ';
const TAIL = '\n})';

/** Variables with which V8 keeps compiled code, or counts what runs. */
const OTHERS = ['NODE_COMPILE_CACHE', 'NODE_V8_COVERAGE'];

type Wrapped = (...scope: readonly unknown[]) => void;

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
    const source = readSource(file);
    const cachedData = place === undefined ? undefined : takeCode(place, source.id);
    const script = compile(source.text, { filename: file, cachedData });
    const loaded: LoadedScript = {
      script,
      source: source.id,
      isTaken: cachedData !== undefined && script.cachedDataRejected === false,
    };
    Object.defineProperty(globalThis, scriptKey(file), { value: loaded });
    run = script.runInThisContext() as Wrapped;
  } catch {
    return false;
  }
  // An error of that code is not a failure of ours.
  run.call(module.exports, module.exports, require, module, __filename, __dirname);
  return true;
}

/**
 * V8 compiles a function at its first call. In a process that workers are forked from, all are compiled at once: else
 * each worker would compile the same ones, which is a quarter of its time until it listens.
 */
function compile(text: string, options: vm.ScriptOptions): vm.Script {
  const isTemplate = TEMPLATE_MARK in globalThis;
  if (isTemplate) setFlagsFromString('--no-lazy');
  try {
    return new vm.Script(HEAD + text + TAIL, options);
  } finally {
    if (isTemplate) setFlagsFromString('--lazy');
  }
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
