import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Manifest {
  readonly name?: unknown;
  readonly version?: unknown;
}

/** The version of this package; 'unknown' if a bundle has left its package.json behind. */
export function packageVersion(): string {
  try {
    const text = readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8');
    const { name, version } = JSON.parse(text) as Manifest;
    return name === 'serverengine' && typeof version === 'string' ? version : 'unknown';
  } catch {
    return 'unknown';
  }
}
