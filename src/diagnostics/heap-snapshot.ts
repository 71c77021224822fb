import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeHeapSnapshot } from 'node:v8';

/**
 * Writes a snapshot of this thread's heap and returns where it is. The process stands still meanwhile.
 *
 * Into a directory made for it, 0700 and with a random name: V8 opens the file by itself, and would follow a link that
 * somebody laid in advance. Not as a stream into a file that we opened: that holds the whole snapshot in memory.
 * @throws whatever keeps it from being written.
 */
export function saveHeapSnapshot(dir: string, name: string): { path: string; bytes: number } {
  const own = mkdtempSync(join(dir, `${name}-heap-`));
  try {
    const path = writeHeapSnapshot(join(own, `${name}.heapsnapshot`));
    chmodSync(path, 0o600);
    return { path, bytes: statSync(path).size };
  } catch (error) {
    rmSync(own, { recursive: true, force: true });
    throw error;
  }
}
