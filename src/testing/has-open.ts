import { readdirSync, readlinkSync } from 'node:fs';

/** Whether a process has that file open; true if there is no /proc to check. */
export function hasOpen(pid: number, path: string): boolean {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).some((fd) => linkOf(`${folder}/${fd}`) === path);
  } catch {
    return true;
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    // Closed meanwhile.
    return undefined;
  }
}
