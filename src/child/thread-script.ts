/** The first script of a thread where Node cannot load the user's by itself: registers the loader, then runs it. */
import { existsSync, readFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { workerData } from 'node:worker_threads';
import type { ThreadLoading, ThreadRole } from '../protocol/thread-protocol';

/** What Node itself runs a main script with; loaders and process managers have leaned on it for many versions. */
interface ModuleInternals {
  _load(path: string, parent: null, isMain: boolean): unknown;
  runMain(): void;
}

const internals = Module as unknown as ModuleInternals;
// Not the constant: this script loads nothing of ours before the user's own does.
const { serverengineInternalRole: role } = workerData as { readonly serverengineInternalRole: ThreadRole };
if (role.loading) run(role.loading);

function run({ script, tsNode }: ThreadLoading): void {
  process.argv[1] = script;
  if (tsNode) {
    const loader = createRequire(script)(tsNode.path) as { register(options: object): void };
    loader.register(tsNode.options);
  }
  if (isCommonJs(script)) {
    internals._load(script, null, true);
    return;
  }
  registerTsx(script);
  internals.runMain();
}

/** As Node decides it for JavaScript. */
function isCommonJs(script: string): boolean {
  if (/\.cts$/.test(script)) return true;
  if (/\.mts$/.test(script)) return false;
  for (let folder = dirname(script); ; folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file)) {
      return (JSON.parse(readFileSync(file, 'utf8')) as { type?: unknown }).type !== 'module';
    }
    if (folder === dirname(folder)) return true;
  }
}

/** Only ES modules need it: for CommonJS tsx is at work already. */
function registerTsx(script: string): void {
  const options = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''];
  if (!options.some((option) => option.includes('tsx'))) return;
  Module.register('tsx/esm', { parentURL: pathToFileURL(script).href, data: {} });
}
