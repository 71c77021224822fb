import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const UNIT = join(__dirname, '../unit');

/** Whether a file of unit tests puts other modules in the place of real ones: all that run with it would get them, too. */
export function runsAlone(path: string): boolean {
  return /^jest\.mock\(/m.test(readFileSync(path, 'utf8'));
}

/** All such files. */
export function filesAlone(): readonly string[] {
  return readdirSync(UNIT, { recursive: true, encoding: 'utf8' })
    .map((name) => join(UNIT, name))
    .filter((path) => path.endsWith('.test.ts') && runsAlone(path));
}
