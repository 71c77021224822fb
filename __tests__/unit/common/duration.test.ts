import fc from 'fast-check';
import { parseDuration } from '../../../src/common/duration';

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

describe('parseDuration', () => {
  it.each([
    [0, 0],
    [1.5, 1_500],
    [-1, -1_000],
    ['500ms', 500],
    ['15s', 15_000],
    ['10m', 600_000],
    ['1h', 3_600_000],
    ['2d', 172_800_000],
    ['0.5s', 500],
    ['15', 15_000],
    ['-1', -1_000],
    [' 10 m ', 600_000],
  ])('reads %p as %p ms', (value, ms) => {
    expect(parseDuration(value)).toBe(ms);
  });

  it.each([
    '',
    ' ',
    'soon',
    '10 minutes',
    '10M',
    '1h30m',
    's',
    '.5',
    '5.',
    '+5',
    '1e3',
    '0x10',
    NaN,
    Infinity,
    -Infinity,
    1e308,
    '9'.repeat(400),
    null,
    undefined,
    true,
    [15],
    { valueOf: () => 15 },
    15n,
  ])('rejects %p', (value) => {
    expect(parseDuration(value)).toBeUndefined();
  });

  it('reads a number, a string without unit and a string of seconds alike', () => {
    // Tenths of seconds: neither side has an exponent.
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), (tenths) => {
        const seconds = tenths / 10;
        const ms = parseDuration(seconds);
        expect(ms).toBeCloseTo(tenths * 100, 3);
        expect(parseDuration(String(seconds))).toBe(ms);
        expect(parseDuration(`${seconds}s`)).toBe(ms);
      }),
    );
  });

  it('reads a string as its number times its unit, with any blanks', () => {
    const blanks = fc.constantFrom('', ' ', '  ');
    const unit = fc.constantFrom(...(Object.keys(UNITS) as (keyof typeof UNITS)[]));
    fc.assert(
      fc.property(fc.integer(), unit, blanks, blanks, blanks, (count, name, before, between, after) => {
        expect(parseDuration(`${before}${count}${between}${name}${after}`)).toBe(count * UNITS[name]);
      }),
    );
  });

  it('never throws, and returns a finite number or undefined for any input', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const ms = parseDuration(value);
        expect(ms === undefined || Number.isFinite(ms)).toBe(true);
      }),
    );
  });
});
