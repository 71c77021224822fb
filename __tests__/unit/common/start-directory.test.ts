import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asTyped, findStart } from '../../../src/common/start-directory';
import { tempDir } from '../../support/temp-dir';

const here = process.cwd();
let folder: string;
let current: string;

beforeEach(() => {
  folder = realpathSync(tempDir());
  current = join(folder, 'current');
  mkdirSync(join(folder, '1', 'bin'), { recursive: true });
  for (const file of ['main.js', 'bin/tool.js']) writeFileSync(join(folder, '1', file), '');
  writeFileSync(join(folder, 'other.js'), '');
  symlinkSync(join(folder, '1'), current);
});

afterEach(() => {
  process.chdir(here);
});

describe('findStart', () => {
  it('uses PWD when it names the same directory', () => {
    process.chdir(current);
    expect(findStart(current)).toEqual({ real: join(folder, '1'), typed: current });
  });

  it.each([
    ['is not set', () => undefined],
    ['names another directory', () => folder],
    ['names nothing', () => join(folder, 'gone')],
    ['is relative', () => '.'],
  ])('ignores PWD when it %s', (_what, pwd) => {
    process.chdir(current);
    expect(findStart(pwd())).toEqual({ real: join(folder, '1'), typed: join(folder, '1') });
  });
});

describe('asTyped', () => {
  it.each([
    ['1/main.js', 'current/main.js'],
    ['1/bin/tool.js', 'current/bin/tool.js'],
    // Not below the link.
    ['other.js', 'other.js'],
    ['current/main.js', 'current/main.js'],
    ['1/gone.js', '1/gone.js'],
  ])('shows %s as typed: %s', (path, typed) => {
    process.chdir(current);
    expect(asTyped(join(folder, path), findStart(current))).toBe(join(folder, typed));
  });

  it('works from a folder below the link', () => {
    process.chdir(join(current, 'bin'));
    const start = findStart(join(current, 'bin'));
    expect(asTyped(join(folder, '1/main.js'), start)).toBe(join(current, 'main.js'));
  });
});
