import { programMetrics } from '../../../src/health/program-metrics';

const register = (metrics: () => Promise<unknown[]>) => ({
  exports: { register: { getMetricsAsJSON: metrics } },
});
const FILE = '/app/node_modules/prom-client/index.js';

describe(programMetrics, () => {
  it('returns nothing when the program has not loaded prom-client', async () => {
    expect(await programMetrics({ '/app/node_modules/prom-client-x/index.js': { exports: {} } })).toEqual({});
    expect(await programMetrics({ [FILE]: { exports: {} } })).toEqual({});
  });

  it('returns the metrics of every loaded copy', async () => {
    const other = '/app/node_modules/.pnpm/prom-client@15.1.3/node_modules/prom-client/index.js';
    const modules = {
      [FILE]: register(() => Promise.resolve([1])),
      [other]: register(() => Promise.resolve([2])),
    };
    expect(await programMetrics(modules)).toEqual({ text: '[1,2]' });
  });

  it('never rejects, even when a collector throws or holds too much', async () => {
    const failing = register(() => Promise.reject(new Error('no database')));
    expect(await programMetrics({ [FILE]: failing })).toEqual({ isBroken: true });
    const huge = register(() => Promise.resolve(['x'.repeat(5_000_000)]));
    expect(await programMetrics({ [FILE]: huge })).toEqual({ isBroken: true });
  });
});
