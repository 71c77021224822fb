import fc from 'fast-check';
import { nextStartAt } from '../../../src/pool/start-pacing';

describe('nextStartAt', () => {
  it.each([
    { u: 0, at: 5_900 },
    { u: 0.5, at: 6_000 },
    { u: 1, at: 6_100 },
  ])(
    'waits d + d·r·(u − ½) from the last start: $at for u = $u (PARITY: Keeping workers alive)',
    ({ u, at }) => {
      expect(nextStartAt(5_000, 1_000, 0.2, () => u)).toBeCloseTo(at);
    },
  );

  it('lets the first worker start at any time', () => {
    expect(nextStartAt(undefined, 1_000, 0.2, () => 1)).toBe(-Infinity);
  });

  it('adds no delay without startWorkerDelay', () => {
    expect(nextStartAt(5_000, 0, 0.2, () => 1)).toBe(-Infinity);
  });

  it('is never before the last start and never later than the spread allows', () => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    const rand = fc.double({ min: 0, max: 10, noNaN: true });
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 60_000 }), rand, unit, (last, delayMs, r, u) => {
        const at = nextStartAt(last, delayMs, r, () => u);
        expect(at).toBeGreaterThanOrEqual(last);
        expect(at).toBeLessThanOrEqual(last + delayMs * (1 + r / 2) + 1e-3);
      }),
    );
  });
});
