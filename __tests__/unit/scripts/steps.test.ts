import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const STEPS = join(__dirname, '../../../scripts/steps.mjs');
const CHECKS = ['format', 'types', 'floors', 'unused', 'docs', 'lint'].map((name) => `check:${name}`);

describe('the steps of the tests', () => {
  // An ES module, which jest cannot import.
  it('run in lanes', () => {
    const args = ['--test', join(__dirname, 'lanes.test.mjs')];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(stdout + stderr);
  });

  it('fail when one of them does, and show what it has to say, behind all else', () => {
    const folder = mkdtempSync(join(tmpdir(), 'se-steps-'));
    try {
      const scripts = Object.fromEntries(CHECKS.map((name) => [name, 'node -e ""']));
      scripts['check:floors'] = `node -e "console.log('a floor is broken'); process.exit(3)"`;
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ scripts }));
      const options = { cwd: folder, encoding: 'utf8' } as const;
      const { status, stderr } = spawnSync(process.execPath, [STEPS, 'check'], options);
      expect(status).toBe(1);
      const end = stderr.slice(stderr.lastIndexOf('──── check:floors failed ────'));
      expect(end).toMatch(/a floor is broken\ncheck:floors ended with status 3\n/);
      expect(end).toMatch(/check:format \d+ s, check:types \d+ s, check:floors FAILED, check:unused \d+ s/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
