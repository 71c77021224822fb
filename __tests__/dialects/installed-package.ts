import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const REPOSITORY = join(__dirname, '..', '..');
const NPM_INSTALL = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];

/** Tools that compile and start the apps. They are not under test, so the repository's own copies do. */
const TOOLS = ['tsx', 'ts-node', 'typescript', '@types/node'];

export interface Packed {
  readonly filename: string;
  /** Bytes of the tarball. */
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

export interface InstallOptions {
  /** From the registry, as for a user. Otherwise only the repository's copies of its dependencies are there. */
  readonly byNpm: boolean;
  /** The folder of the apps. Default: those of the dialects. */
  readonly apps?: string;
  /** Further packages that npm installs. */
  readonly packages?: readonly string[];
}

/** The package as a user gets it: packed, and installed into an empty folder with the apps. */
export class InstalledPackage {
  /** The folder of the apps. Its node_modules has the package. */
  readonly folder: string;
  /** The files in the tarball. */
  readonly files: readonly string[];
  /** In bytes. */
  readonly sizes: { readonly packed: number; readonly unpacked: number };

  private constructor(folder: string, { files, size, unpackedSize }: Packed) {
    this.folder = folder;
    this.files = files.map(({ path }) => path);
    this.sizes = { packed: size, unpacked: unpackedSize };
  }

  static async install({ byNpm, apps, packages = [] }: InstallOptions): Promise<InstalledPackage> {
    // A path as users have them: with a space and multi-byte characters.
    const folder = mkdtempSync(join(tmpdir(), 'serverengine dialects für 測試-'));
    const packed = await pack(folder);
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true }));
    const tarball = join(folder, packed.filename);
    if (byNpm) await npmInstall(folder, tarball, ...packages);
    else await unpackWithDependencies(folder, tarball);
    cpSync(apps ?? join(__dirname, 'apps'), folder, { recursive: true });
    for (const tool of TOOLS) linkOwnCopy(folder, tool);
    return new InstalledPackage(folder, packed);
  }

  /** Compiles apps in place. Resolves with the diagnostics of each, empty without errors. */
  async compile(projects: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const { stdout } = await run(process.execPath, [join(__dirname, 'compile.cjs'), ...projects], {
      cwd: this.folder,
    });
    return JSON.parse(stdout) as Readonly<Record<string, string>>;
  }

  /** Bundles a program in place. Resolves with the warnings of the bundler, empty without any. */
  async bundle(source: string, args: readonly string[]): Promise<string> {
    const esbuild = join(REPOSITORY, 'node_modules', 'esbuild', 'bin', 'esbuild');
    const fixed = [source, '--bundle', '--platform=node', '--log-level=warning'];
    const { stdout, stderr } = await run(esbuild, [...fixed, ...args], { cwd: this.folder });
    return stdout + stderr;
  }

  /** The text of a file of the package. */
  read(file: string): string {
    return readFileSync(join(this.folder, 'node_modules/serverengine', file), 'utf8');
  }

  /** Installs another package from the registry. */
  async add(what: string): Promise<void> {
    await npmInstall(this.folder, what);
    // npm removes what it has not installed.
    for (const tool of TOOLS) linkOwnCopy(this.folder, tool);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Makes the tarball in this folder. */
export async function pack(folder: string): Promise<Packed> {
  if (!existsSync(join(REPOSITORY, 'dist', 'index.js'))) {
    throw new Error('The dialects are tested on the built package: run `npm run build` first.');
  }
  // Without scripts: prepack would rebuild dist while other tests use it.
  const args = ['pack', '--ignore-scripts', '--json', '--loglevel=error', '--pack-destination', folder];
  const { stdout } = await run('npm', args, { cwd: REPOSITORY });
  const [packed] = JSON.parse(stdout) as [Packed];
  return packed;
}

/** A Node of another major version, from the npm package with its binary. */
export class OtherNode {
  readonly path: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.path = join(folder, 'package/bin/node');
  }

  static async install(major: number): Promise<OtherNode> {
    const name = `node-${process.platform}-${process.arch}`;
    const folder = mkdtempSync(join(tmpdir(), `serverengine-node-${major}-`));
    try {
      // Unpacked, not installed: an installation would copy the binary.
      const where = ['--pack-destination', folder, '--prefix', folder];
      const pack = ['pack', `${name}@${major}`, '--json', '--prefer-offline', '--loglevel=error', ...where];
      const { stdout } = await run('npm', pack, { cwd: folder });
      const [packed] = JSON.parse(stdout) as [Packed];
      await run('tar', ['-xzf', packed.filename, 'package/bin/node'], { cwd: folder });
      rmSync(join(folder, packed.filename));
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw new Error(
        `Node ${major} is needed for these tests, and its npm package ${name}@${major} could not be had. ` +
          `Is the npm registry within reach?\n${String((error as { stderr?: string }).stderr ?? error)}`,
      );
    }
    return new OtherNode(folder);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Does what npm would do, without the search for the newest versions. */
async function unpackWithDependencies(folder: string, tarball: string): Promise<void> {
  const own = join(folder, 'node_modules/serverengine');
  mkdirSync(own, { recursive: true });
  await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', own]);
  const { packages } = JSON.parse(readFileSync(join(REPOSITORY, 'package-lock.json'), 'utf8')) as {
    packages: Readonly<Record<string, { readonly dev?: boolean }>>;
  };
  for (const [path, { dev = false }] of Object.entries(packages)) {
    const [, name] = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path) ?? [];
    if (name !== undefined && !dev) linkOwnCopy(folder, name);
  }
}

function linkOwnCopy(folder: string, name: string): void {
  const link = join(folder, 'node_modules', name);
  // A package that npm has installed depends on it, too.
  if (existsSync(link)) return;
  mkdirSync(dirname(link), { recursive: true });
  if (!existsSync(link)) symlinkSync(join(REPOSITORY, 'node_modules', name), link);
}

async function npmInstall(folder: string, ...what: readonly string[]): Promise<void> {
  // An explicit prefix: under `npm test` the environment names the repository's.
  await run('npm', [...NPM_INSTALL, '--prefix', folder, ...what], { cwd: folder });
}
