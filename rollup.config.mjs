// Puts the compiled files together: to find and read a hundred small files takes a process longer than to run them.
// What every role loads is one file, what only the processes above a worker load is another.
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('.build/esm/', import.meta.url));
/** A worker runs these, and what they import at once. */
const WORKER_ROOTS = ['index', 'child/process-worker', 'child/thread-worker', 'engine/wiring'];
/** Started by path. */
const SCRIPTS = ['child/thread-script', 'diagnostics/watchdog-thread'];
/** Beside a worker's main thread: it must be as thin as can be. */
const THREAD = 'diagnostics/watchdog-thread';
/** Loads zod, so that nobody else may load it by the way. */
const ALONE = 'config/zod-schema';

let ofWorkers;
let ofThread;

export default {
  input: Object.fromEntries(['index', 'testing', ...SCRIPTS].map((name) => [name, fileOf(name)])),
  plugins: [{ name: 'ours-or-external', resolveId }],
  output: {
    dir: 'dist',
    format: 'cjs',
    exports: 'named',
    interop: 'auto',
    entryFileNames: '[name].js',
    // One folder deep, as the sources are: a script that is started by path is found the same way.
    chunkFileNames: 'lib/[name].js',
    hoistTransitiveImports: false,
    manualChunks,
  },
};

function fileOf(name) {
  return join(ROOT, `${name}.js`);
}

function resolveId(id, importer) {
  if (importer === undefined) return null;
  return id.startsWith('.') ? `${join(importer, '..', id)}.js` : { id, external: true };
}

function manualChunks(id, { getModuleInfo }) {
  if (!id.startsWith(ROOT) || SCRIPTS.some((name) => id === fileOf(name))) return undefined;
  if (id === fileOf(ALONE)) return ALONE.split(sep).pop();
  ofThread ??= importedBy([fileOf(THREAD)], getModuleInfo);
  if (ofThread.has(id)) return 'shared';
  ofWorkers ??= importedBy(WORKER_ROOTS.map(fileOf), getModuleInfo);
  return ofWorkers.has(id) ? 'core' : 'parents';
}

/** Files, and all that is loaded as soon as they are. */
function importedBy(files, getModuleInfo) {
  const found = new Set(files);
  for (const id of found) for (const imported of getModuleInfo(id)?.importedIds ?? []) found.add(imported);
  return found;
}
