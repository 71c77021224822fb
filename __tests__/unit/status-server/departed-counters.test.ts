import { Counter, Gauge, Registry } from 'prom-client';
import { DepartedCounters } from '../../../src/status-server/departed-counters';
import { renderMetrics } from '../../../src/status-server/render-metrics';

async function registerWith(requests: number, open: number): Promise<string> {
  const register = new Registry();
  const registers = [register];
  new Counter({ name: 'requests_total', help: 'x', registers }).inc(requests);
  new Gauge({ name: 'open', help: 'x', registers }).set(open);
  return JSON.stringify(await register.getMetricsAsJSON());
}

async function shown(counters: DepartedCounters, answers: Parameters<DepartedCounters['take']>[0]) {
  const { metrics, missing } = await counters.take(answers);
  const { text } = await renderMetrics([], metrics, false);
  const value = (name: string): number | undefined => {
    const line = text.split('\n').find((one) => one.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.split(' ')[1]);
  };
  return { requests: value('requests_total'), open: value('open'), missing };
}

it('a sum of counters never falls when a worker is replaced or does not answer', async () => {
  const counters = new DepartedCounters();
  const [a, b, fresh] = [await registerWith(100, 1), await registerWith(50, 2), await registerWith(1, 0)];
  expect(
    await shown(counters, [
      { key: 'a', text: a },
      { key: 'b', text: b },
    ]),
  ).toEqual({ requests: 150, open: 3, missing: 0 });
  // The last value of a gauge is outdated.
  expect(
    await shown(counters, [
      { key: 'a', text: a },
      { key: 'b', isSilent: true },
    ]),
  ).toEqual({ requests: 150, open: 1, missing: 1 });
  expect(
    await shown(counters, [
      { key: 'a', text: a },
      { key: 'c', text: fresh },
    ]),
  ).toEqual({ requests: 151, open: 1, missing: 0 });
  expect(
    await shown(counters, [
      { key: 'c', text: fresh },
      { key: 'd', text: fresh },
    ]),
  ).toEqual({ requests: 152, open: 0, missing: 0 });
  expect(await shown(counters, [])).toEqual({ requests: 152, open: undefined, missing: 0 });
});

it('a register that throws or is not JSON counts as missing, but a program without one does not', async () => {
  const counters = new DepartedCounters();
  const answers = [{ key: 'a', isBroken: true as const }, { key: 'b', text: 'nonsense' }, { key: 'c' }];
  expect(await shown(counters, answers)).toEqual({ requests: undefined, open: undefined, missing: 2 });
});
