/**
 * The published package in every supported dialect: packed, installed into an empty folder, and run with the same
 * small app on each version of Node.
 */
import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildSync } from 'esbuild';
import { tempDir } from '../support/temp-dir';
import { InstalledPackage, OtherNode } from './installed-package';
import { servesAndHeals } from './serves-and-heals';

/**
 * Versions of Node besides the one that runs the tests. With DIALECTS_NODES=22,24,26, as `npm run matrix` sets it,
 * every dialect runs on each, and npm installs the package.
 */
const NAMED_NODES = process.env['DIALECTS_NODES'];
const OTHER_NODES = (NAMED_NODES ?? '24').split(',').map(Number);
/**
 * Only how Node loads a program depends on its version. The test of one copy loads CommonJS there too. The other
 * dialects load the same files as on our own Node.
 */
const BY_LOADER: readonly string[] = ['esm', 'tsx', 'stripped'];

interface Dialect {
  readonly name: string;
  readonly folder: string;
  /** Arguments of node. */
  readonly args: readonly string[];
  /** The first major version that supports it. */
  readonly since?: number;
}

const DIALECTS: readonly Dialect[] = [
  { name: 'CommonJS JavaScript', folder: 'commonjs', args: ['app.cjs'] },
  { name: 'ESM JavaScript with top-level await', folder: 'esm', args: ['app.mjs'] },
  { name: 'tsc, legacy decorators with metadata', folder: 'legacy', args: ['app.js'] },
  { name: 'tsc, standard decorators, ESM', folder: 'standard', args: ['app.mjs'] },
  { name: 'tsx, no decorator metadata', folder: 'tsx', args: ['--import', 'tsx', 'app.ts'] },
  { name: 'types stripped by Node itself', folder: 'stripped', args: ['app.mts'], since: 24 },
  { name: 'a bundle, CommonJS', folder: 'bundle', args: ['bundle.cjs'] },
  { name: 'a bundle, ESM and minified', folder: 'bundle', args: ['bundle.mjs'] },
  { name: 'ts-node', folder: 'legacy', args: ['--require', 'ts-node/register', 'app.ts'] },
];

jest.setTimeout(180_000);
/** For compilers and npm on a busy machine. */
const HOOK_MS = 540_000;

/** Every project that is compiled. Those without `bundler` build the apps that run. */
const PROJECTS = [
  'legacy/tsconfig.json',
  'standard/tsconfig.json',
  'standard/tsconfig.bundler.json',
  'stripped/tsconfig.json',
  'node10/tsconfig.json',
];

/**
 * Needed in an ESM bundle by packages that were written for CommonJS: see the guide "TypeScript, bundlers and
 * wrappers".
 */
const REQUIRE = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`;
const BUNDLES = [
  { outfile: 'bundle.cjs', args: [] },
  { outfile: 'bundle.mjs', args: ['--format=esm', '--minify', `--banner:js=${REQUIRE}`] },
];

let installed: InstalledPackage;
/** The diagnostics of the compiler for each project. */
let complaints: Readonly<Record<string, string>>;
/** The warnings of the bundler. */
let warnings: string;
/** Started at once and awaited where needed: tests on our own Node need not wait for a download. */
const otherNodes = new Map(OTHER_NODES.map((major) => [major, settled(OtherNode.install(major))]));

beforeAll(async () => {
  installed = await InstalledPackage.install({ byNpm: NAMED_NODES !== undefined });
  complaints = await installed.compile(PROJECTS);
  const bundled = BUNDLES.map(({ outfile, args }) =>
    installed.bundle('bundle/source.mjs', [`--outfile=bundle/${outfile}`, ...args]),
  );
  warnings = (await Promise.all(bundled)).join('');
}, HOOK_MS);

afterAll(async () => {
  installed?.remove();
  for (const install of otherNodes.values()) {
    const result = await install;
    if ('value' in result) result.value.remove();
  }
});

describe('the tarball', () => {
  it('has the build, the documents, the samples, the templates, the source of the native file and nothing else', () => {
    const allowed =
      /^((dist|docs|samples|templates|native)\/.+|package\.json|README\.md|LICENSE|CHANGELOG\.md)$/;
    expect(installed.files.filter((file) => !allowed.test(file))).toEqual([]);
    expect(
      installed.files.filter((file) => /\.(test|spec)\.(js|d\.ts)$|\.map$|tsbuildinfo/.test(file)),
    ).toEqual([]);
    expect(installed.files).toEqual(
      expect.arrayContaining([
        'README.md',
        'LICENSE',
        'docs/configuration.md',
        'dist/index.js',
        'dist/index.d.ts',
        'dist/testing.js',
        'dist/testing.d.ts',
        'templates/shared/gitignore',
      ]),
    );
  });
});

describe('the size of the package', () => {
  // The limit is 1.2 times the present size: it notices a new file of 100 kB, but not a new page.
  it('is below 600 kB packed and 2.2 MB unpacked', () => {
    expect(installed.sizes.packed).toBeLessThan(600_000);
    expect(installed.sizes.unpacked).toBeLessThan(2_200_000);
  });
});

describe('the published types', () => {
  it('include only public declarations', () => {
    const declared = installed.files.filter((file) => file.endsWith('.d.ts'));
    const rooms = declared.map((file) => file.split('/')[1]);
    expect([...new Set(rooms)].sort()).toEqual([
      'common',
      'config',
      'contract',
      'engine',
      'index.d.ts',
      'record',
      'socket-manager',
      'testing',
      'testing.d.ts',
    ]);
    const loadOnly = declared.filter((file) => /^import '/m.test(installed.read(file)));
    expect(loadOnly).toEqual([]);
  });

  it.each(PROJECTS)('compile in %s', (project) => {
    expect(complaints[project]).toBe('');
  });
});

it('a bundle builds without a warning', () => {
  expect(warnings).toBe('');
});

describe.each([process.versions.node, ...OTHER_NODES])('Node %s', (version) => {
  let node: string;

  beforeAll(async () => {
    node = typeof version === 'number' ? await pathOf(version) : process.execPath;
  }, HOOK_MS);

  const isOwn = typeof version !== 'number';
  const dialects = DIALECTS.filter(
    ({ folder, since = 0 }) =>
      since <= (isOwn ? Number(version.split('.')[0]) : version) &&
      (isOwn || NAMED_NODES !== undefined || BY_LOADER.includes(folder)),
  );

  it.each(dialects)('$name: answers, heals and ends with status 0', async ({ folder, args }) => {
    // A bundle includes the watchdog thread.
    const ofWatchdog = folder === 'bundle' ? /event loop was blocked lagMs=\d+ in="/ : undefined;
    const app = await servesAndHeals(node, args, join(installed.folder, folder), ofWatchdog);
    expect(app.output).not.toMatch(/Cannot find module/);
  });

  it('gives import and require the same copy of the package', () => {
    const cwd = join(installed.folder, 'esm');
    const report = JSON.parse(execFileSync(node, ['one-copy.mjs'], { cwd, encoding: 'utf8' })) as object;
    expect(report).toEqual({
      names: expect.arrayContaining(['ServerEngine', 'Worker', 'CONFIG', 'LOGGER', 'SERVER', 'WORKER_ID']),
      differences: [],
    });
  });
});

it.each(OTHER_NODES)('every private API of Node has the expected shape on Node %s', async (major) => {
  const outfile = join(tempDir(), 'probes.cjs');
  buildSync({
    entryPoints: [join(__dirname, '../support/node-internals.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    footer: { js: 'main();' },
  });
  const node = await pathOf(major);
  const { stdout } = await promisify(execFile)(node, [outfile], { timeout: 60_000 });
  const result = JSON.parse(stdout) as { node: string; count: number; failed: readonly string[] };
  expect(result.failed).toEqual([]);
  expect(result.node).toMatch(new RegExp(`^${String(major)}\\.`));
  expect(result.count).toBeGreaterThan(0);
});

type Settled<T> = { readonly value: T } | { readonly error: unknown };

/** Prevents an unhandled rejection before anyone awaits it. */
function settled<T>(promise: Promise<T>): Promise<Settled<T>> {
  return promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
}

async function pathOf(major: number): Promise<string> {
  const result = await otherNodes.get(major);
  if (!result) throw new Error(`Node ${major} was not asked for`);
  if ('error' in result) throw result.error;
  return result.value.path;
}
