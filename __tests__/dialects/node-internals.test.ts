/** What the engine takes from Node without its promise, tried on other versions: the probes of the register, as a bundle. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildSync } from 'esbuild';
import { reapAfterEach } from '../support/reaping';
import { tempDir } from '../support/temp-dir';
import { OtherNode } from './installed-package';

const OTHER_NODES = (process.env['DIALECTS_NODES'] ?? '24').split(',').map(Number);

jest.setTimeout(240_000);

it.each(OTHER_NODES)('every private of Node is what is expected, on Node %s', async (major) => {
  const outfile = join(tempDir(), 'probes.cjs');
  buildSync({
    entryPoints: [join(__dirname, '../support/node-internals.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    footer: { js: 'main();' },
  });
  const node = await OtherNode.install(major);
  reapAfterEach(() => node.remove());
  const { stdout } = await promisify(execFile)(node.path, [outfile], { timeout: 60_000 });
  const result = JSON.parse(stdout) as { node: string; count: number; failed: readonly string[] };
  expect(result.failed).toEqual([]);
  expect(result.node).toMatch(new RegExp(`^${String(major)}\\.`));
  expect(result.count).toBeGreaterThan(0);
});
