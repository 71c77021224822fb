import fc from 'fast-check';
import { LastWords } from '../../../src/record/last-words';

function after(...chunks: readonly string[]): readonly string[] {
  const words = new LastWords();
  for (const chunk of chunks) words.push(Buffer.from(chunk));
  return words.lines();
}

describe('LastWords', () => {
  it.each<[string, string[], string[]]>([
    ['nothing', [], []],
    ['whole lines', ['a\nb\n'], ['a', 'b']],
    ['an unfinished line', ['a\nb'], ['a', 'b']],
    ['a line in two chunks', ['a\nbe', 'gun\n'], ['a', 'begun']],
    ['records with several lines, as they come over the wire', ['a\x1e  at b\nc\n'], ['a', '  at b', 'c']],
    [
      'the last twelve lines',
      [Array.from({ length: 20 }, (_, i) => `${String(i)}\n`).join('')],
      ['8', '9', '10', '11', '12', '13', '14', '15', '16', '17', '18', '19'],
    ],
    ['no line without its beginning', ['x'.repeat(5000), '\nwhole\n'], ['whole']],
    ['a part of a line that is longer than the limit', ['x'.repeat(9000)], [`${'x'.repeat(400)}…`]],
    [
      'a JSON record with its stack',
      [`{"stack":"${'x'.repeat(1500)}"}\n`],
      [`{"stack":"${'x'.repeat(1500)}"}`],
    ],
  ])('keeps %s', (_name, chunks, expected) => {
    expect(after(...chunks)).toEqual(expected);
  });

  it('keeps the end of the text, for any chunks', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 3000 }), { maxLength: 12 }), (chunks) => {
        const text = chunks.join('').replaceAll('\x1e', '\n');
        for (const line of after(...chunks).slice(1))
          expect(text).toContain(line.replaceAll('\ufffd', '').replace(/…$/, ''));
      }),
    );
  });
});
