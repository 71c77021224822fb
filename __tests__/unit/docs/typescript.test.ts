import { documents, typescriptBlocks } from './markdown';

// check:types checks that they compile.
describe('code in the documentation', () => {
  it('starts with its file name, once in a document', () => {
    const names = documents().map((document) => typescriptBlocks(document).map(({ name }) => name));
    expect(names.flat()).not.toContain('');
    expect(names.flat().length).toBeGreaterThan(20);
    for (const inDocument of names) expect(new Set(inDocument).size).toBe(inDocument.length);
  });

  it.each(['README.md'])('%s: the first worker has at most 20 lines', (document) => {
    const [first] = typescriptBlocks(document);
    expect(first?.code.trimEnd().split('\n').length).toBeLessThanOrEqual(20);
  });
});
