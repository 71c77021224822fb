// Compiles the files and puts them together: to find and read a hundred small files takes a process longer than to run them.
// What every role loads is one file, what only the processes above a worker load is three, what few ask for is others.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import { rollup } from 'rollup';
import cruiser from './.dependency-cruiser.cjs';

const ROOT = fileURLToPath(new URL('src/', import.meta.url));
const BUILD = fileURLToPath(new URL('.build/', import.meta.url));
const TSCONFIG = readFileSync(new URL('tsconfig.json', import.meta.url), 'utf8');
/** Who runs these, and what they import at once, loads that file. The first that has a module keeps it. */
const ROOTS = {
  core: ['index', 'engine/wiring'],
  // The last is in both of the two below it, and neither should load the other.
  parents: ['engine/play-main', 'engine/play-server', 'common/deferred'],
  supervisor: ['engine/main-supervisor'],
  forks: ['launch/fork-supply'],
  worker: ['child/process-worker'],
  thread: ['child/thread-worker'],
  // Of a standby, too.
  rehearse: ['child/rehearse'],
  template: ['child/serve-template'],
  // What it imports stays with it.
  testing: ['testing'],
};
/** Started by path. */
const THREAD_SCRIPT = 'child/thread-script';
/** Runs before the program, and loads nothing of ours. */
const TEMPLATE_PRELOAD = 'child/template-preload';
/** Runs beside a worker's main thread: it must be as thin as can be, and has copies of the little that it needs. */
const WATCHDOG = 'watchdog/watchdog-thread';
/** They load a file in place of Node, with code that is compiled already, and have that file's name. */
const LOADERS = { core: 'compiled-code/load-core', worker: 'compiled-code/load-worker' };
/** Has the text of that one, so that bundles of users carry it along. */
const WATCHDOG_SOURCE = 'watchdog/watchdog-source';
/** Has the files of the status page as text, for the same reason. */
const PAGE_SOURCE = 'status-server/page-source';
const PAGE = join(ROOT, 'status-server/page/');
const UPLOT = fileURLToPath(new URL('node_modules/uplot/', import.meta.url));
/** They load what takes long (zod, node:crypto, node:http), or few need them: nobody must load them by the way. */
const ALONE = {
  'zod-schema': ['config/zod-schema'],
  control: [
    'start-control',
    'control-server',
    'control-connection',
    'control-client',
    'check-request',
    'line-reader',
  ].map((name) => `control/${name}`),
  // Shared by those who fork, the template and its preload.
  'native-forks': [
    'forking/native',
    'forking/end-when-idle',
    'forking/stack-answer',
    'forking/late-flags',
    'common/template-mark',
    'node-internals/note-questions',
  ],
  systemd: [
    'start',
    'service-manager',
    'notice-queue',
    'notify-environment',
    'notify-step',
    'send-notice',
    'status-line',
    'activated-sockets',
    'listen-fds',
    'proc-sockets',
    'socket-questions',
  ].map((name) => `systemd/${name}`),
  // Shared by control and status-server.
  'check-command': ['protocol/check-command'],
  development: [
    'start-watch',
    'development',
    'change-batch',
    'change-plan',
    'program-check',
    'watched-files',
    'watch-trouble',
  ].map((name) => `development/${name}`),
  'watch-zombies': ['watch/watch-zombies'],
  'socket-manager-token': ['socket-manager/token', 'socket-manager/protocol'],
  'status-page': ['status-server/page-files', PAGE_SOURCE],
};

/** From the lowest floor to the highest. */
const ROOMS = cruiser.forbidden.flatMap(({ name }) => /^floor-(.+)$/.exec(name)?.[1] ?? []);
/** Of about the same size. */
const STOREYS = [
  { name: 'parents-base', below: 'sockets' },
  { name: 'parents-middle', below: 'launch' },
];

let places;

const ours = { name: 'ours-or-external', resolveId, transform: compile };
const plugins = [{ ...ours, load: embed, renderChunk: toAscii, renderDynamicImport, generateBundle }];
const output = {
  dir: 'dist',
  format: 'cjs',
  exports: 'named',
  interop: 'auto',
  entryFileNames: '[name].js',
  // One folder deep, as the sources are: a script that is started by path is found the same way.
  chunkFileNames: 'lib/[name].js',
  hoistTransitiveImports: false,
};

export default () => [
  command,
  {
    input: inputOf(['index', 'testing', THREAD_SCRIPT, TEMPLATE_PRELOAD]),
    plugins,
    output: { ...output, manualChunks },
  },
];

function embed(id) {
  if (id === fileOf(WATCHDOG_SOURCE)) return embedWatchdog();
  if (id === fileOf(PAGE_SOURCE))
    return `export function pageSource() { return ${JSON.stringify(pageFiles())}; }`;
  return null;
}

/** Of uPlot with its licence, which asks for that. */
function pageFiles() {
  const files = readdirSync(PAGE).map((name) => [
    name === 'index.html' ? '/index.html' : `/page/${name}`,
    readFileSync(join(PAGE, name), 'utf8'),
  ]);
  const licence = readFileSync(join(UPLOT, 'LICENSE'), 'utf8');
  const ofUplot = (name) => `/*!\n${licence}*/\n${readFileSync(join(UPLOT, 'dist', name), 'utf8')}`;
  return {
    ...Object.fromEntries(files),
    '/page/uplot.js': ofUplot('uPlot.iife.min.js'),
    '/page/uplot.css': ofUplot('uPlot.min.css'),
  };
}

async function embedWatchdog() {
  return `export function watchdogSource() { return ${JSON.stringify(await standalone(WATCHDOG))}; }`;
}

/** The text of a file, and of all that it imports. */
async function standalone(name) {
  const bundle = await rollup({ input: fileOf(name), plugins: [ours] });
  try {
    const { output: chunks } = await bundle.generate({ format: 'cjs', interop: 'auto' });
    return chunks[0].code;
  } finally {
    await bundle.close();
  }
}

/** In code that Node has not loaded itself, import() does not work. */
function renderDynamicImport({ chunk, targetModuleId }) {
  if (!Object.hasOwn(LOADERS, chunk.name) || targetModuleId === null || targetModuleId.startsWith(ROOT))
    return null;
  return { left: 'Promise.resolve().then(() => require(', right: '))' };
}

async function generateBundle(_options, bundle) {
  listContents(bundle);
  // The code of all roles would not be compiled for a template, and would run before the program.
  const preloaded = bundle[`${TEMPLATE_PRELOAD}.js`].imports.filter((name) => name.startsWith('lib/'));
  if (preloaded.join() !== 'lib/native-forks.js')
    throw new Error(
      `${TEMPLATE_PRELOAD} imports ${preloaded.join(', ')}: it must load only lib/native-forks.js`,
    );
  for (const [name, loader] of Object.entries(LOADERS)) {
    const fileName = `lib/${name}.js`;
    const { code } = bundle[fileName];
    if (/\bimport\(/.test(code)) throw new Error(`${fileName} has an import() that Node would refuse there`);
    delete bundle[fileName];
    this.emitFile({ type: 'asset', fileName: `lib/serverengine-${name}.js`, source: code });
    this.emitFile({ type: 'asset', fileName, source: await standalone(loader) });
  }
}

function inputOf(names) {
  return Object.fromEntries(names.map((name) => [name, fileOf(name)]));
}

function fileOf(name) {
  return join(ROOT, `${name}.ts`);
}

function resolveId(id, importer) {
  if (importer === undefined) return null;
  return id.startsWith('.') ? `${join(importer, '..', id)}.ts` : { id, external: true };
}

/** Without comments: they are a third of what each process would read. The declarations keep theirs. */
async function compile(code, sourcefile) {
  // Some comments stay, unless white space goes too. Printed once more, the code has lines for a stack to name.
  const options = { legalComments: 'none', minifyWhitespace: true, tsconfigRaw: TSCONFIG };
  const dense = await transform(code, { ...options, loader: 'ts', sourcefile });
  return { code: (await transform(dense.code)).code, map: null };
}

/** One character beyond Latin-1, and V8 keeps the whole file with two bytes for each. There are no comments left. */
function toAscii(code) {
  const escape = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return { code: code.replace(/[^\0-\x7f]/g, escape), map: null };
}

function manualChunks(id, { getModuleInfo }) {
  if (!id.startsWith(ROOT) || [THREAD_SCRIPT, TEMPLATE_PRELOAD].map(fileOf).includes(id)) return undefined;
  const [alone] = Object.entries(ALONE).find(([, names]) => names.some((name) => id === fileOf(name))) ?? [];
  if (alone) return alone;
  if (id.startsWith(join(ROOT, 'status-server/'))) return 'status-server';
  places ??= placesOf(getModuleInfo);
  const place = places.get(id);
  if (place === 'parents') return storeyOf(id);
  return place === 'testing' ? undefined : (place ?? 'more');
}

/** V8 takes four times the size of a file to read it, and the process keeps that: three files need a third of it. */
function storeyOf(id) {
  const [room] = id.slice(ROOT.length).split('/');
  if (!id.slice(ROOT.length).includes('/')) return 'parents';
  const height = ROOMS.indexOf(room);
  if (height < 0) throw new Error(`no floor is known for the room ${room}`);
  const storey = STOREYS.find(({ below }) => height < ROOMS.indexOf(below));
  return storey?.name ?? 'parents';
}

function placesOf(getModuleInfo) {
  const gone = Object.values(ALONE)
    .flat()
    .filter((name) => !getModuleInfo(fileOf(name)));
  // A file that was renamed would be part of a larger one, which its role would then load.
  if (gone.length > 0)
    throw new Error(`ALONE in rollup.config.mjs names files that are gone: ${gone.join(', ')}`);
  const found = new Map();
  for (const [place, names] of Object.entries(ROOTS)) {
    for (const id of importedBy(names.map(fileOf), getModuleInfo)) {
      // What a worker has in common with parents must not make it load all of theirs.
      if (['worker', 'thread'].includes(place) && found.get(id) === 'parents') found.set(id, 'core');
      else if (!found.has(id)) found.set(id, place);
    }
  }
  return found;
}

/** Files, and all that is loaded as soon as they are. */
function importedBy(files, getModuleInfo) {
  const found = new Set(files);
  for (const id of found) for (const imported of getModuleInfo(id)?.importedIds ?? []) found.add(imported);
  return found;
}

/** Loads nothing of an engine, and what few commands need only with them. */
const command = {
  input: { serverengine: fileOf('cli/serverengine') },
  plugins: [{ ...ours, renderChunk: toAscii }],
  output: {
    ...output,
    dir: 'dist/cli',
    chunkFileNames: '[name].js',
    banner: ({ isEntry }) => (isEntry ? '#!/usr/bin/env node' : ''),
  },
};

const contents = {};

/** Which source is in which file, for a test to look at. */
function listContents(bundle) {
  for (const { fileName, moduleIds = [] } of Object.values(bundle))
    contents[fileName] = moduleIds.map((id) => id.slice(ROOT.length, -'.ts'.length));
  mkdirSync(BUILD, { recursive: true });
  writeFileSync(join(BUILD, 'contents.json'), JSON.stringify(contents));
}
