import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '../../..');
const FOLDER = join(ROOT, '__tests__/integration');

/** What a test gives as its reason to expect something else of forked workers: `file: reason`. */
function reasonsInTests(): readonly string[] {
  const found = readdirSync(FOLDER).flatMap((name) => {
    const source = readFileSync(join(FOLDER, name), 'utf8');
    const calls = [...source.matchAll(/\b(?:byStart|spawnedOnly)\(\s*/g)];
    return calls.map(({ index, 0: call }) => {
      const reason = /^(['"`])(.*?)\1/.exec(source.slice(index + call.length))?.[2];
      if (reason === undefined) throw new Error(`${name}: the reason must be a literal text`);
      return `${name.replace('.test.ts', '')}: ${reason}`;
    });
  });
  return [...new Set(found)].sort();
}

function reasonsInPage(): readonly string[] {
  const page = readFileSync(join(ROOT, 'docs/internals/fork.md'), 'utf8');
  const section = page.split('## The integration tests with forked workers\n')[1] ?? '';
  const items = [...section.matchAll(/^- `([\w-]+)`: (.*(?:\n {2}.*)*)\.$/gm)];
  return items.map(([, file = '', text = '']) => `${file}: ${text.replace(/\n */g, ' ')}`).sort();
}

describe('the list of what the tests with forked workers leave out or expect otherwise', () => {
  it('is complete', () => {
    const inTests = reasonsInTests();
    expect(inTests.length).toBeGreaterThan(5);
    expect(reasonsInPage()).toEqual(inTests);
  });
});
