import { KEY_NAMES, KEY_TABLE } from '../../../src/config/keys';
import { codeIn, tableRows } from './markdown';

const DOCUMENT = 'docs/guides/coming-from-serverengine.md';

/** The entry of the guide for each key of the original. Undefined: no key of ours. */
const documented = new Map(
  tableRows(DOCUMENT, 'Configuration').map(([original, ours]) => [codeIn(original)[0], codeIn(ours)[0]]),
);

describe('docs/guides/coming-from-serverengine.md', () => {
  const known = KEY_NAMES.flatMap((key) => {
    const { source } = KEY_TABLE[key];
    return source === undefined ? [] : [[source, key] as const];
  });

  it('has every key that comes from the original, with our name', () => {
    expect(known.length).toBeGreaterThan(50);
    expect(known.filter(([source, key]) => documented.get(source) !== key)).toEqual([]);
  });

  it('names no key of ours that does not exist or comes from another one', () => {
    const sources = new Map<string | undefined, string | undefined>(known);
    const wrong = [...documented].filter(([original, ours]) => sources.get(original) !== ours);
    expect(wrong).toEqual([]);
  });
});
