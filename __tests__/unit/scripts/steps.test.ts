import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '../../support/temp-dir';

const STEPS = join(__dirname, '../../../scripts/steps.mjs');

/** Replaces npm, which takes half a second for each `npm run --silent STEP`. */
const NPM = `#!/bin/sh
[ "$1 $2" = 'run --silent' ] || exit 9
[ "$3" = 'check:floors' ] || exit 0
echo 'a floor is broken'
exit 3
`;

describe('the steps of the tests', () => {
  // An ES module, which jest cannot import.
  it('run in lanes', () => {
    const args = [join(__dirname, 'lanes.test.mjs')];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(stdout + stderr);
  });

  it('fail when one of them fails, and print its output at the end', () => {
    const folder = tempDir();
    writeFileSync(join(folder, 'npm'), NPM, { mode: 0o755 });
    const env = { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}` };
    const { status, stderr } = spawnSync(process.execPath, [STEPS, 'check'], { env, encoding: 'utf8' });
    expect(status).toBe(1);
    const end = stderr.slice(stderr.lastIndexOf('──── check:floors failed ────'));
    expect(end).toMatch(/a floor is broken\ncheck:floors ended with status 3\n/);
    expect(end).toMatch(/check:types \d+ s, check:floors FAILED, check:unused \d+ s/);
  });
});
