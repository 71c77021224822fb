import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reapAfterEach } from './reaping';

/** A directory of the test's own. Short: the path of a unix socket has about 100 characters. */
export function tempDir(): string {
  const path = mkdtempSync(join(tmpdir(), 'se-'));
  reapAfterEach(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
