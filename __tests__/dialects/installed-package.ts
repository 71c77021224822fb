import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const REPOSITORY = join(__dirname, '..', '..');
const NPM_INSTALL = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];

/** What the apps are compiled and started with. Not what is tested, so the repository's own copies do. */
const TOOLS = ['tsx', 'ts-node', 'typescript', '@types/node'];

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** The package as a stranger gets it: packed, and installed into an empty folder with the apps beside it. */
export class InstalledPackage {
  /** The folder of the apps; its node_modules has the package. */
  readonly folder: string;
  /** What is in the tarball. */
  readonly files: readonly string[];

  private constructor(folder: string, files: readonly string[]) {
    this.folder = folder;
    this.files = files;
  }

  static async install(): Promise<InstalledPackage> {
    if (!existsSync(join(REPOSITORY, 'dist', 'index.js'))) {
      throw new Error('The dialects are tested on the built package: run `npm run build` first.');
    }
    const folder = mkdtempSync(join(tmpdir(), 'serverengine-dialects-'));
    // Without scripts: prepack would build dist anew under the feet of the tests that run at the same time.
    const pack = ['pack', '--ignore-scripts', '--json', '--loglevel=error', '--pack-destination', folder];
    const { stdout } = await run('npm', pack, { cwd: REPOSITORY });
    const [packed] = JSON.parse(stdout) as [Packed];
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true }));
    await npmInstall(folder, join(folder, packed.filename));
    cpSync(join(__dirname, 'apps'), folder, { recursive: true });
    for (const tool of TOOLS) {
      const link = join(folder, 'node_modules', tool);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(REPOSITORY, 'node_modules', tool), link);
    }
    return new InstalledPackage(
      folder,
      packed.files.map(({ path }) => path),
    );
  }

  /** Compiles apps where they stand. Resolves with what the compiler has to say of each: nothing when all is well. */
  async compile(projects: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const { stdout } = await run(process.execPath, [join(__dirname, 'compile.cjs'), ...projects], {
      cwd: this.folder,
    });
    return JSON.parse(stdout) as Readonly<Record<string, string>>;
  }

  /** Bundles a program where it stands. Resolves with what the bundler has to say: nothing when all is well. */
  async bundle(source: string, args: readonly string[]): Promise<string> {
    const esbuild = join(REPOSITORY, 'node_modules', 'esbuild', 'bin', 'esbuild');
    const fixed = [source, '--bundle', '--platform=node', '--log-level=warning'];
    const { stdout, stderr } = await run(esbuild, [...fixed, ...args], { cwd: this.folder });
    return stdout + stderr;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A Node of another major version, from the npm package that carries its binary. */
export class OtherNode {
  readonly path: string;
  readonly #folder: string;

  private constructor(folder: string, name: string) {
    this.#folder = folder;
    this.path = join(folder, 'node_modules', name, 'bin', 'node');
  }

  static async install(major: number): Promise<OtherNode> {
    const name = `node-${process.platform}-${process.arch}`;
    const folder = mkdtempSync(join(tmpdir(), `serverengine-node-${major}-`));
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true }));
    try {
      await npmInstall(folder, `${name}@${major}`);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw new Error(
        `Node ${major} is needed for these tests, and its npm package ${name}@${major} could not be installed. ` +
          `Is the npm registry within reach?\n${String((error as { stderr?: string }).stderr ?? error)}`,
      );
    }
    return new OtherNode(folder, name);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function npmInstall(folder: string, what: string): Promise<void> {
  // The prefix is said aloud: under `npm test` the environment names that of the repository.
  await run('npm', [...NPM_INSTALL, '--prefix', folder, what], { cwd: folder });
}
