// Where the kernel spreads connections over every socket that is bound so.
const PLATFORMS: readonly NodeJS.Platform[] = ['linux', 'freebsd', 'sunos', 'aix'];

/** Older versions take the option `reusePort` and do nothing with it, so that only the version tells. */
export function hasReusePort(version: string, platform: NodeJS.Platform): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isNew = major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);
  return isNew && PLATFORMS.includes(platform);
}
