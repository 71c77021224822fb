// Where the kernel spreads connections over all sockets that are bound this way.
const PLATFORMS: readonly NodeJS.Platform[] = ['linux', 'freebsd', 'sunos', 'aix'];

/** Older versions accept the option `reusePort` and ignore it, so the version must be checked. */
export function hasReusePort(version: string, platform: NodeJS.Platform): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isNew = major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);
  return isNew && PLATFORMS.includes(platform);
}
