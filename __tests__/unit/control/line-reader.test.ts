import fc from 'fast-check';
import { LineReader } from '../../../src/control/line-reader';

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort(
    (one, other) => one - other,
  );
  return [...ends, bytes.length].map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

function readAll(reader: LineReader, chunks: readonly Buffer[]): string[] {
  return chunks.flatMap((chunk) => [...reader.push(chunk)]);
}

describe(LineReader, () => {
  it('returns the same lines for any chunks', () => {
    const line = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', ' '));
    fc.assert(
      fc.property(fc.array(line), fc.string(), fc.array(fc.nat()), (lines, half, places) => {
        const rest = half.replaceAll('\n', ' ');
        const bytes = Buffer.from([...lines, rest].join('\n'));
        expect(readAll(new LineReader(10_000), cut(bytes, places))).toEqual(lines);
      }),
    );
  });

  it('ends at a line that is too long, complete or not, and returns the lines before it', () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), fc.boolean(), (places, isWhole) => {
        const bytes = Buffer.from(`one\n${'x'.repeat(65)}${isWhole ? '\nthree\n' : ''}`);
        const reader = new LineReader(64);
        expect(readAll(reader, cut(bytes, places))).toEqual(['one']);
        expect(reader.isTooLong).toBe(true);
        expect(reader.push(Buffer.from('four\n'))).toEqual([]);
      }),
    );
  });

  it('accepts a line of exactly the maximum length', () => {
    const reader = new LineReader(4);
    expect(reader.push(Buffer.from('four\n'))).toEqual(['four']);
    expect(reader.isTooLong).toBe(false);
  });
});
