import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const BENCH = join(__dirname, '../../../bench/run.mjs');

function run(args: readonly string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 20_000 });
  return { status, output: stdout + stderr };
}

describe('the bench', () => {
  it('is right in its parts', () => {
    // ES modules, which jest cannot import; in one process, because a start takes longer than the tests of a file.
    const files = readdirSync(__dirname).filter((name) => name.endsWith('.test.mjs'));
    expect(files).not.toEqual([]);
    const program = files.map((name) => `import '${pathToFileURL(join(__dirname, name)).href}';`).join('\n');
    const { status, output } = run(['--input-type=module', '--eval', program]);
    if (status !== 0) throw new Error(output);
  });

  it('lists its measures', () => {
    const { status, output } = run([BENCH, '--list']);
    expect(status).toBe(0);
    expect(output).toMatch(/^life +start, memory and healing/m);
  });

  it('refuses an unknown option and lists the known ones', () => {
    const { status, output } = run([BENCH, '--slow']);
    expect(status).toBe(1);
    expect(output).toMatch(/unknown option --slow; there are --quick, --write, --only/);
  });
});
