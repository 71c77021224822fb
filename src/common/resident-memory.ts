/**
 * The resident set size of this process. Node opens a file for it: undefined where there is no /proc, or no descriptor
 * was free to look.
 */
export function residentBytes(): number | undefined {
  try {
    return process.memoryUsage.rss();
  } catch {
    return undefined;
  }
}
