import { chmodSync, chownSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../../src/config/load';
import { checkFolder, controlPath } from '../../../src/control/control-path';
import { tempDir } from '../../support/temp-dir';

const isRoot = process.geteuid?.() === 0;

describe(controlPath, () => {
  it.each([
    [{}, undefined],
    [{ pidPath: '/run/a.pid' }, '/run/a.pid.sock'],
    [{ pidPath: '/run/a.pid', controlSocket: null }, '/run/a.pid.sock'],
    [{ pidPath: '/run/a.pid', controlSocket: false }, undefined],
    [{ pidPath: '/run/a.pid', controlSocket: 'none' }, undefined],
    [{ pidPath: '/run/a.pid', controlSocket: '/run/b.sock' }, '/run/b.sock'],
    [{ controlSocket: 'b.sock' }, join(process.cwd(), 'b.sock')],
  ])('%j has the control socket %s', (raw, path) => {
    expect(controlPath(loadConfig({ raw, env: {} }).engine)).toBe(path);
  });
});

describe(checkFolder, () => {
  it.each([
    [0o755, true],
    [0o700, true],
    [0o1777, true],
    [0o777, false],
    [0o757, false],
  ])('accepts or refuses mode %o', (mode, isGood) => {
    const folder = tempDir();
    chmodSync(folder, mode);
    const check = expect(() => checkFolder(join(folder, 'c.sock')));
    if (isGood) check.not.toThrow();
    else
      check.toThrow(
        /^controlSocket: its folder .* may be written to by others, got mode 7[57]7\. Give a path/,
      );
  });

  it('refuses a folder that cannot be inspected', () => {
    expect(() => checkFolder('/no/such/place/c.sock')).toThrow(
      /^controlSocket: its folder \/no\/such\/place cannot/,
    );
  });

  (isRoot ? it : it.skip)('is refused when it belongs to somebody else', () => {
    const folder = tempDir();
    chownSync(folder, 65534, 65534);
    expect(() => checkFolder(join(folder, 'c.sock'))).toThrow(/belongs to user 65534/);
  });

  (isRoot ? it : it.skip)('is refused when another group may write to it', () => {
    const folder = tempDir();
    chownSync(folder, 0, 65534);
    chmodSync(folder, 0o775);
    expect(() => checkFolder(join(folder, 'c.sock'))).toThrow(/may be written to by others/);
  });
});
