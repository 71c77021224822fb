import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownDependency } from '../../../src/cli/own-dependency';
import { packageVersion } from '../../../src/common/version';
import { tempDir } from '../../support/temp-dir';

/** A copy of the package, installed by npm from there. */
function installedFrom(resolved: string): { readonly folder: string; readonly copy: string } {
  const folder = tempDir();
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  const packages = { 'node_modules/serverengine': { version: '1.0.0', resolved } };
  writeFileSync(join(modules, '.package-lock.json'), JSON.stringify({ packages }));
  return { folder, copy: join(modules, 'serverengine') };
}

describe('ownDependency', () => {
  it('is the tarball of this copy, with its path relative to the new project', () => {
    const { folder, copy } = installedFrom('file:serverengine-1.0.0.tgz');
    expect(ownDependency(join(folder, 'shop'), copy)).toBe('file:../serverengine-1.0.0.tgz');
  });

  it('is the version when the copy came from a registry or was not installed', () => {
    const { folder, copy } = installedFrom('https://registry.example/serverengine-1.0.0.tgz');
    expect(ownDependency(join(folder, 'shop'), copy)).toBe(`^${packageVersion()}`);
    expect(ownDependency(join(folder, 'shop'), folder)).toBe(`^${packageVersion()}`);
  });
});
