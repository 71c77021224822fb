import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { tempDir } from './temp-dir';

/** A named pipe that nobody writes to. It is removed after the test. */
export function makeFifo(path = join(tempDir(), 'fifo')): string {
  execFileSync('sh', ['-c', 'mkfifo "$0"', path]);
  return path;
}
