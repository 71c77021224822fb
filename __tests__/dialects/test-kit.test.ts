/**
 * The sample package that tests its workers, with the package as it is published. `npm test` runs it under Node's own
 * runner, `npm run matrix` also under jest and vitest.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InstalledPackage } from './installed-package';

const ROOT = join(__dirname, '../..');
const SAMPLE = join(ROOT, 'samples/testing-your-workers');
const isMatrix = process.env['DIALECTS_NODES'] !== undefined;

jest.setTimeout(180_000);
const HOOK_MS = 540_000;

let installed: InstalledPackage;
let folder: string;

beforeAll(async () => {
  installed = await InstalledPackage.install({ byNpm: isMatrix });
  folder = join(installed.folder, 'sample');
  cpSync(SAMPLE, folder, { recursive: true });
}, HOOK_MS);

afterAll(() => installed?.remove());

/** Adapts the tests of the sample to another runner. */
function rewriteTests(how: (code: string) => string): void {
  for (const name of readdirSync(join(SAMPLE, 'test'))) {
    writeFileSync(join(folder, 'test', name), how(readFileSync(join(SAMPLE, 'test', name), 'utf8')));
  }
}

function run(args: readonly string[]): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    // Without the variables of jest and npm.
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
  });
  return { status, output: stdout + stderr };
}

it("the test kit passes under Node's own runner", () => {
  const tests = readdirSync(join(folder, 'test')).map((name) => join('test', name));
  const { status, output } = run(['--import', 'tsx', '--test', ...tests]);
  expect({ status, output: status === 0 ? '' : output }).toEqual({ status: 0, output: '' });
  expect(output).toMatch(/^(# |ℹ )pass 2$/m);
});

const inMatrix = isMatrix ? it : it.skip;

inMatrix('passes under jest', () => {
  rewriteTests((code) => code.replace("import { it } from 'node:test';\n", ''));
  const config = {
    rootDir: folder,
    testEnvironment: 'node',
    testTimeout: 120_000,
    transform: {
      '\\.ts$': [join(ROOT, 'node_modules/ts-jest'), { diagnostics: false, isolatedModules: true }],
    },
  };
  const { status, output } = run([
    join(ROOT, 'node_modules/jest/bin/jest.js'),
    '--config',
    JSON.stringify(config),
  ]);
  expect({ status, output: status === 0 ? '' : output }).toEqual({ status: 0, output: '' });
  expect(output).toContain('Tests:       2 passed');
  expect(output).not.toContain('did not exit');
});

inMatrix.each(['forks', 'threads'])('passes under vitest, in %s', async (pool) => {
  // The last version that runs on Node 20.
  await installed.add('vitest@3');
  rewriteTests((code) => code.replace("from 'node:test'", "from 'vitest'").replace('void it(', 'it('));
  const { status, output } = run([
    join(installed.folder, 'node_modules/vitest/vitest.mjs'),
    'run',
    `--pool=${pool}`,
    '--testTimeout=120000',
  ]);
  expect({ status, output: status === 0 ? '' : output }).toEqual({ status: 0, output: '' });
  expect(output).toMatch(/Tests\s+2 passed/);
});
