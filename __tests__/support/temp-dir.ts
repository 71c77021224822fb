import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reapAfterEach } from './reaping';

/** A folder for the test. Its path is short, because that of a unix socket may have only about 100 characters. */
export function tempDir(): string {
  const path = mkdtempSync(join(tmpdir(), 'se-'));
  reapAfterEach(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
