import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, source } from './markdown';

const samples = readdirSync(join(ROOT, 'samples')).filter((name) => name.endsWith('.ts'));

describe('samples', () => {
  it.each(samples)('%s is short, has a run command, and is run by a test', (name) => {
    const lines = source(`samples/${name}`).trimEnd().split('\n');
    expect(lines.length).toBeLessThan(40);
    expect(lines[0]).toMatch(new RegExp(`^// (npm start|.*node --import tsx samples/${name})`));
    expect(existsSync(join(ROOT, '__tests__/samples', name.replace(/\.ts$/, '.test.ts')))).toBe(true);
  });
});
