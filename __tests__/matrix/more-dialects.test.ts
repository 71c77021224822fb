/**
 * Dialects whose tools the repository does not have: swc, rollup with everything in the bundle, the strict layout of
 * pnpm.
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { InstalledPackage, pack } from '../dialects/installed-package';
import { strangersEnvironment } from '../dialects/running-app';
import { servesAndHeals } from '../dialects/serves-and-heals';

const PACKAGES = [
  ...['@swc/core', 'rollup', '@rollup/plugin-commonjs', '@rollup/plugin-json', '@rollup/plugin-node-resolve'],
  'pnpm',
];
const HOOK_MS = 540_000;

let installed: InstalledPackage;
let remove = (): void => {};

const run = (command: string, ...args: readonly string[]) =>
  promisify(execFile)(command, args, { cwd: installed.folder, env: strangersEnvironment() });

beforeAll(async () => {
  installed = await InstalledPackage.install({ byNpm: true, packages: PACKAGES });
  remove = () => installed.remove();
  cpSync(join(__dirname, 'builds'), installed.folder, { recursive: true });
}, HOOK_MS);

afterAll(() => remove());

it('an app compiled by swc serves and heals, with legacy decorators and metadata', async () => {
  await run(process.execPath, 'swc.mjs', 'legacy/app.ts', 'legacy/app.swc.cjs');
  await servesAndHeals(process.execPath, ['app.swc.cjs'], join(installed.folder, 'legacy'));
});

it.each(['cjs', 'es'])(
  'an app bundled by rollup with all its packages serves and heals (%s)',
  async (format) => {
    const folder = `rolled-${format}`;
    await run(process.execPath, 'rollup.mjs', 'bundle/source.mjs', folder, format);
    // Outside of the installed packages.
    const app = await servesAndHeals(
      process.execPath,
      [`source.${format === 'es' ? 'mjs' : 'cjs'}`],
      join(installed.folder, folder),
      // The bundle brings the thread of the watchdog with it.
      /event loop was blocked lagMs=\d+ in="/,
    );
    expect(app.output).not.toMatch(/Cannot find module/);
  },
);

describe('the strict layout of pnpm', () => {
  let folder: string;

  beforeAll(async () => {
    folder = join(installed.folder, 'by-pnpm');
    mkdirSync(folder);
    const { filename } = await pack(folder);
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, name: 'by-pnpm' }));
    const own = ['--dir', folder, '--store-dir', join(installed.folder, 'store'), '--ignore-scripts'];
    const beside = ['zod', 'tsyringe', 'reflect-metadata', 'tsx', 'typescript@6', '@types/node@20'];
    await run('npx', 'pnpm', 'add', ...own, join(folder, filename), ...beside);
    for (const app of ['commonjs', 'esm', 'legacy', 'tsx']) {
      cpSync(join(installed.folder, app), join(folder, app), { recursive: true });
    }
  }, HOOK_MS);

  it.each([
    { app: 'commonjs', args: ['app.cjs'] },
    { app: 'esm', args: ['app.mjs'] },
    { app: 'tsx', args: ['--import', 'tsx', 'app.ts'] },
  ])('runs $app', async ({ app, args }) => {
    await servesAndHeals(process.execPath, args, join(folder, app));
  });

  it('has the types', async () => {
    const { stdout } = await run(
      join(folder, 'node_modules/.bin/tsc'),
      '-p',
      join(folder, 'legacy'),
      '--noEmit',
    );
    expect(stdout).toBe('');
  });
});
