import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  NEW_AUTOSCALE,
  stepAutoscale,
  type AutoscaleSample,
  type AutoscaleSettings,
  type AutoscaleState,
  type AutoscaleStep,
} from '../../../src/server/step-autoscale';

const SETTINGS: AutoscaleSettings = { min: 2, max: 8, target: 0.7 };
const STEADY: AutoscaleSample = {
  workers: 4,
  isHeld: false,
  isSteady: true,
  utilization: 0.6,
  fitting: Infinity,
};

/** The decision after so many equal samples, the earlier of which must not change anything. */
function afterLooks(
  count: number,
  sample: Partial<AutoscaleSample>,
  from: AutoscaleState = NEW_AUTOSCALE,
): AutoscaleStep {
  let step: AutoscaleStep = { state: from };
  for (let look = 1; look <= count; look += 1) {
    expect(step.to).toBeUndefined();
    step = stepAutoscale(step.state, { ...STEADY, ...sample }, SETTINGS);
  }
  return step;
}

describe('a decision on the number of workers', () => {
  it.each<[string, number, Partial<AutoscaleSample>, Pick<AutoscaleStep, 'to' | 'why'>]>([
    ['just busy enough', 100, { utilization: 0.7 }, {}],
    ['busy, with too few samples', 4, { utilization: 0.9 }, {}],
    ['busy', 5, { utilization: 0.9 }, { to: 6, why: 'busy' }],
    ['fully busy', 5, { utilization: 1 }, { to: 6, why: 'busy' }],
    ['two fully busy workers', 5, { workers: 2, utilization: 1 }, { to: 3, why: 'busy' }],
    ['busy at the upper limit', 100, { workers: 8, utilization: 1 }, {}],
    ['idle, not for long enough', 59, { utilization: 0 }, {}],
    ['idle', 60, { utilization: 0 }, { to: 2, why: 'idle' }],
    ['idle, many', 60, { workers: 8, utilization: 0 }, { to: 4, why: 'idle' }],
    ['idle at the lower limit', 100, { workers: 2, utilization: 0 }, {}],
    ['slightly too many', 60, { workers: 5, utilization: 0.44 }, { to: 4, why: 'idle' }],
    ['one less would be near the target', 100, { workers: 5, utilization: 0.46 }, {}],
    ['workers boot or crash', 200, { isSteady: false, utilization: 1 }, {}],
    ['a restart or a stop', 200, { isHeld: true, utilization: 1 }, {}],
    ['no sample', 200, { utilization: undefined }, {}],
    ['below the lower limit', 1, { workers: 1, isSteady: false }, { to: 2, why: 'limits' }],
    ['above the upper limit', 1, { workers: 9, isSteady: false }, { to: 8, why: 'limits' }],
    ['outside of the limits during a restart', 100, { workers: 9, isHeld: true }, {}],
    ['busy, with memory for one more', 5, { utilization: 1, fitting: 5 }, { to: 5, why: 'busy' }],
    ['too many for the memory', 60, { utilization: 0.69, fitting: 3 }, { to: 3, why: 'memory' }],
    [
      'far too many for the memory',
      60,
      { workers: 8, utilization: 0.69, fitting: 0 },
      { to: 4, why: 'memory' },
    ],
    ['busy, and too many for the memory', 60, { utilization: 0.9, fitting: 3 }, { to: 3, why: 'memory' }],
    ['memory for fewer than the lower limit', 100, { workers: 2, utilization: 0.69, fitting: 0 }, {}],
  ])('%s, after %d samples', (_name, looks, sample, { to, why }) => {
    expect(afterLooks(looks, sample)).toMatchObject(to === undefined ? {} : { to, why });
    expect(afterLooks(looks, sample).to).toBe(to);
  });

  it('reports once that there is no memory for more, and again after a change', () => {
    const short = { utilization: 1, fitting: 4 };
    const first = afterLooks(5, short);
    expect(first.isShort).toBe(true);
    const second = afterLooks(1, short, first.state);
    expect(second.isShort).toBeUndefined();
    const over = afterLooks(5, { utilization: 0.5, fitting: 4 }, second.state);
    // Until the mean of the last samples is high again.
    const again = afterLooks(2, short, over.state);
    expect(again.isShort).toBe(true);
  });

  it('waits again after boots, because booting workers count as busy', () => {
    const { state } = afterLooks(4, { utilization: 1 });
    const booting = stepAutoscale(state, { ...STEADY, isSteady: false, utilization: 1 }, SETTINGS);
    expect(afterLooks(4, { utilization: 1 }, booting.state).to).toBeUndefined();
    expect(afterLooks(5, { utilization: 1 }, booting.state).to).toBe(6);
  });

  it('stays within the limits, and never more than doubles or halves, for any samples', () => {
    const sample = fc.record({
      workers: fc.integer({ min: 1, max: 12 }),
      isHeld: fc.boolean(),
      isSteady: fc.boolean(),
      utilization: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
      fitting: fc.oneof(fc.integer({ min: 0, max: 12 }), fc.constant(Infinity)),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(sample, fc.integer({ min: 1, max: 70 })), { maxLength: 12 }), (looks) => {
        let state = NEW_AUTOSCALE;
        for (const [seen, times] of looks) {
          for (let time = 0; time < times; time += 1) {
            const step = stepAutoscale(state, seen, SETTINGS);
            state = step.state;
            // Called so often that jest's own matchers would take most of the time.
            assert.ok(state.loads.length <= 60);
            if (step.to === undefined) continue;
            assert.ok(!seen.isHeld);
            assert.ok(step.to !== seen.workers);
            assert.ok(step.to >= SETTINGS.min && step.to <= SETTINGS.max);
            if (step.why === 'limits') continue;
            assert.ok(seen.isSteady);
            assert.ok(step.to <= 2 * seen.workers && step.to >= seen.workers / 2);
            if (step.why === 'busy') assert.ok(step.to <= Math.max(SETTINGS.min, seen.fitting));
          }
        }
      }),
    );
  });
});
