import { readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { packageVersion } from '../common/version';

/** What npm records about the packages in a node_modules. */
interface Installed {
  readonly packages?: Readonly<Record<string, { readonly resolved?: string }>>;
}

/**
 * How the package.json of a project names this package: by its version, or, if this copy was installed from a tarball,
 * by the path of the tarball. Otherwise npm would look for a package that was not published.
 */
export function ownDependency(project: string, packageRoot = join(__dirname, '..', '..')): string {
  const tarball = tarballOf(packageRoot);
  if (tarball !== undefined) return `file:${relative(project, tarball)}`;
  const version = packageVersion();
  return version === 'unknown' ? '*' : `^${version}`;
}

/** undefined: it came from a registry, or was not installed by npm. */
function tarballOf(packageRoot: string): string | undefined {
  const modules = dirname(packageRoot);
  if (basename(modules) !== 'node_modules') return undefined;
  try {
    const { packages } = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8')) as Installed;
    const resolved = packages?.['node_modules/serverengine']?.resolved;
    return resolved?.startsWith('file:')
      ? resolve(dirname(modules), resolved.slice('file:'.length))
      : undefined;
  } catch {
    return undefined;
  }
}
