import { NEW_AUTOSCALE, stepAutoscale, type AutoscaleSettings } from '../../../src/server/step-autoscale';

const SETTINGS: AutoscaleSettings = { min: 1, max: 16, target: 0.7 };
/** The number of samples that a worker takes to boot. */
const BOOT = 3;

interface World {
  /** The work at that sample, in workers' full time. */
  readonly load: (look: number) => number;
  readonly looks: number;
  readonly begin?: number;
  /** How many workers fit into memory at that sample, with so many running. */
  readonly fitting?: (look: number) => number;
}

interface Change {
  readonly look: number;
  readonly from: number;
  readonly to: number;
}

/** Workers that share the work evenly. Excess work is lost. One sample in three is noisy. */
function simulate({ load, looks, begin = 1, fitting = () => Infinity }: World) {
  let state = NEW_AUTOSCALE;
  let workers = begin;
  let bootedAt = 0;
  const changes: Change[] = [];
  const numbers: number[] = [];
  for (let look = 0; look < looks; look += 1) {
    const noise = 1 + 0.05 * Math.sin(look * 2.1);
    const step = stepAutoscale(
      state,
      {
        workers,
        isHeld: false,
        isSteady: look >= bootedAt,
        utilization: Math.min(1, (load(look) * noise) / workers),
        fitting: fitting(look),
      },
      SETTINGS,
    );
    state = step.state;
    if (step.to !== undefined) {
      changes.push({ look, from: workers, to: step.to });
      if (step.to > workers) bootedAt = look + BOOT;
      workers = step.to;
    }
    numbers.push(workers);
  }
  return { changes, numbers, end: workers };
}

const directions = (changes: readonly Change[]) =>
  changes.map(({ from, to }) => (to > from ? '+' : '-')).join('');

describe('autoscaled workers', () => {
  it.each([0.3, 1, 2.5, 5, 9.1])('settle under a constant load of %d workers', (load) => {
    const { changes, numbers, end } = simulate({ load: () => load, looks: 2000 });
    expect(directions(changes)).toMatch(/^\+{0,6}$/);
    expect(end).toBeGreaterThanOrEqual(load / SETTINGS.target);
    expect(end).toBeLessThanOrEqual(Math.ceil((load * 1.05) / SETTINGS.target) + 1);
    expect(new Set(numbers.slice(100)).size).toBe(1);
  });

  it('grow fast after a step in load, and shrink slowly after it', () => {
    const { changes, numbers } = simulate({
      load: (look) => (look >= 100 && look < 400 ? 7 : 0.5),
      looks: 1200,
    });
    expect(directions(changes)).toMatch(/^\+{1,6}-{1,6}$/);
    // 10 workers do the work.
    expect(numbers[140]).toBeGreaterThanOrEqual(10);
    const [firstDown] = changes.filter(({ from, to }) => to < from);
    expect(firstDown?.look).toBeGreaterThan(450);
    expect(numbers.at(-1)).toBe(1);
  });

  it('ignore spikes that end before a new worker could help', () => {
    const { changes } = simulate({ load: (look) => (look % 40 === 0 ? 4 : 0.5), looks: 2000, begin: 2 });
    expect(directions(changes)).toMatch(/^\+?$/);
  });

  it('stay at the peak of a load that returns within the minute', () => {
    const { changes, numbers } = simulate({
      load: (look) => 4 + 3 * Math.sin((2 * Math.PI * look) / 30),
      looks: 3000,
    });
    expect(directions(changes)).toMatch(/^\+{1,8}-?$/);
    expect(Math.min(...numbers.slice(200))).toBeGreaterThanOrEqual(9);
  });

  it('follow a slow wave with few changes', () => {
    const PERIOD = 2000;
    const { changes, numbers } = simulate({
      load: (look) => 4 - 3.5 * Math.cos((2 * Math.PI * look) / PERIOD),
      looks: 3 * PERIOD,
    });
    // Up and down, three times, and nothing in between.
    expect(directions(changes)).toMatch(/^(\++-+){3}$/);
    expect(changes.length).toBeLessThan(3 * 26);
    for (let tide = 0; tide < 3; tide += 1) {
      expect(numbers[tide * PERIOD + PERIOD / 2]).toBeGreaterThanOrEqual(10);
      expect(numbers[tide * PERIOD + PERIOD - 1]).toBeLessThanOrEqual(3);
    }
  });

  it('stay at what memory allows when they leak, without oscillation', () => {
    // Room for 12 at first, then for fewer and fewer.
    const { changes, numbers } = simulate({
      load: () => 6,
      looks: 3000,
      fitting: (look) => Math.max(0, Math.floor(12 - look / 250)),
    });
    expect(directions(changes)).toMatch(/^\+{1,6}-{1,12}$/);
    for (const { look, from, to } of changes) {
      if (to > from) expect(to).toBeLessThanOrEqual(Math.floor(12 - look / 250));
    }
    expect(numbers.at(-1)).toBe(1);
  });
});
