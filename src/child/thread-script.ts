/**
 * The first script of a thread if Node cannot load the user's script by itself, or if something must be loaded before:
 * registers the loader, then runs the script.
 */
import { existsSync, readFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { workerData } from 'node:worker_threads';
import type { ThreadLoading, ThreadRole } from '../protocol/thread-protocol';

/** What Node itself runs a main script with; loaders and process managers have relied on it for many versions. */
interface ModuleInternals {
  _load(path: string, parent: null, isMain: boolean): unknown;
  runMain(): void;
}

const internals = Module as unknown as ModuleInternals;
// Not the constant: this script loads nothing of ours before the user's script does.
const { serverengineInternalRole: role } = workerData as { readonly serverengineInternalRole: ThreadRole };
if (role.loading) start(role.loading);

function start(loading: ThreadLoading): void {
  if (loading.hasSourceMaps) process.setSourceMapsEnabled(true);
  if (!loading.preloads) {
    run(loading);
    return;
  }
  void preload(loading.preloads).then(() => {
    // An error belongs to the program, and must not become a rejection.
    setImmediate(() => run(loading));
  });
}

/** In order, resolved from the working directory, as node does it for a process. */
async function preload(flags: NonNullable<ThreadLoading['preloads']>): Promise<void> {
  const fromHere = createRequire(join(process.cwd(), 'preload.js'));
  for (const { name, value = '' } of flags) {
    if (name !== '--import') fromHere(value);
    else if (/^[a-z]+:/.test(value)) await import(value);
    else await import(pathToFileURL(fromHere.resolve(value)).href);
  }
}

function run({ script, tsNode }: ThreadLoading): void {
  process.argv[1] = script;
  if (tsNode) {
    const loader = createRequire(script)(tsNode.path) as { register(options: object): void };
    loader.register(tsNode.options);
  }
  // Node decides itself for JavaScript, where the syntax counts, too.
  if (/\.[cm]?tsx?$/.test(script) && isCommonJs(script)) {
    internals._load(script, null, true);
    return;
  }
  // Later versions do it for every thread.
  if (Number(process.versions.node.split('.')[0]) < 22) registerTsx(script);
  internals.runMain();
}

/** By the same rule as Node for JavaScript. */
function isCommonJs(script: string): boolean {
  if (/\.c[jt]s$/.test(script)) return true;
  if (/\.m[jt]s$/.test(script)) return false;
  for (let folder = dirname(script); ; folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file)) {
      return (JSON.parse(readFileSync(file, 'utf8')) as { type?: unknown }).type !== 'module';
    }
    if (folder === dirname(folder)) return true;
  }
}

/** Only ES modules need it: tsx already handles CommonJS. */
function registerTsx(script: string): void {
  const options = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''];
  if (!options.some((option) => option.includes('tsx'))) return;
  Module.register('tsx/esm', { parentURL: pathToFileURL(script).href, data: {} });
}
