import fc from 'fast-check';

const codePoint = fc
  .oneof(
    fc.integer({ min: 0, max: 0x7f }),
    fc.integer({ min: 0, max: 0xd7ff }),
    fc.integer({ min: 0xe000, max: 0x10ffff }),
  )
  .map((code) => String.fromCodePoint(code));

/** Any text. fast-check's own `unit: 'binary'` first makes tables of all of Unicode, which costs a second in each test file. */
export function unicode(lengths: { readonly minLength?: number } = {}): fc.Arbitrary<string> {
  return fc.string({ unit: codePoint, ...lengths });
}
