import { readFileSync } from 'node:fs';

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

/** That of another process. Undefined where /proc does not tell, or it is gone. */
export function residentBytesOf(pid: number): number | undefined {
  try {
    const kilobytes = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}
