import { readFileSync } from 'node:fs';

/**
 * The resident set size of this process. Node opens a file for it: undefined if there is no /proc, or no free
 * descriptor.
 */
export function residentBytes(): number | undefined {
  try {
    return process.memoryUsage.rss();
  } catch {
    return undefined;
  }
}

/** The resident set size of another process. Undefined if /proc is not available, or it is gone. */
export function residentBytesOf(pid: number): number | undefined {
  try {
    const kilobytes = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}
