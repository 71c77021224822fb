import fc from 'fast-check';
import { LineSplitter } from '../../../src/record/line-splitter';
import { unicode } from '../../support/unicode';

function split(bytes: Buffer, size: number, splitter = new LineSplitter()): string[] {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += size) lines.push(...splitter.push(bytes.subarray(at, at + size)));
  const rest = splitter.flush();
  return rest === undefined ? lines : [...lines, rest];
}

describe('LineSplitter', () => {
  it('gives the same lines for any chunks, and never splits a character', () => {
    const line = unicode().map((raw) =>
      Buffer.from(raw)
        .toString()
        .replaceAll(/[\r\n]/g, ''),
    );
    fc.assert(
      fc.property(fc.array(line), fc.integer({ min: 1, max: 9 }), (lines, size) => {
        expect(split(Buffer.from(lines.map((text) => `${text}\n`).join('')), size)).toEqual(lines);
      }),
    );
  });

  it('treats CRLF as a line end and keeps empty lines', () => {
    expect(split(Buffer.from('a\r\n\r\n\nb\r\n'), 2)).toEqual(['a', '', '', 'b']);
  });

  it('keeps an incomplete line for flush()', () => {
    const splitter = new LineSplitter();
    expect(splitter.push(Buffer.from('a\nb'))).toEqual(['a']);
    expect(splitter.hasPartial).toBe(true);
    expect(splitter.flush()).toBe('b');
    expect(splitter.hasPartial).toBe(false);
    expect(splitter.flush()).toBeUndefined();
  });

  it('splits a line beyond the limit into several, but never a character', () => {
    fc.assert(
      fc.property(unicode({ minLength: 1 }), fc.integer({ min: 1, max: 40 }), (raw, size) => {
        const text = Buffer.from(raw)
          .toString()
          .replaceAll(/[\r\n]/g, '');
        for (const bytes of [Buffer.from(text), Buffer.from(`${text}\n`)]) {
          const lines = split(bytes, size, new LineSplitter(8));
          expect(lines.join('')).toBe(text);
          for (const line of lines) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(8);
        }
      }),
    );
  });

  it('continues through invalid UTF-8', () => {
    const lines = split(Buffer.alloc(50, 0x80), 7, new LineSplitter(8));
    expect(lines.join('')).toHaveLength(50);
  });
});
