import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { systemClock } from '../../../src/common/clock';
import { WorkerGauge } from '../../../src/health/worker-gauge';

describe(WorkerGauge, () => {
  it('counts the connections of open servers, as of the previous beat', async () => {
    const gauge = new WorkerGauge('process');
    const servers = [createServer(), createServer()];
    for (const server of servers) {
      gauge.watch(server.listen(0, '127.0.0.1'));
      gauge.watch(server);
      await once(server, 'listening');
    }
    const clients = servers.map((server) => connect((server.address() as AddressInfo).port, '127.0.0.1'));
    await Promise.all(servers.map((server) => once(server, 'connection')));
    expect(gauge.read(0).connections).toBe(0);
    await turn();
    expect(gauge.read(0).connections).toBe(2);
    for (const client of clients) client.destroy();
    for (const server of servers) server.close();
    await Promise.all(servers.map((server) => once(server, 'close')));
    expect(gauge.read(0).connections).toBe(0);
  });

  it('counts jobs', () => {
    const gauge = new WorkerGauge('process');
    gauge.jobsDone(1);
    gauge.jobsDone(4);
    expect(gauge.read(0).jobs).toBe(5);
  });

  it('measures the load since the last read only', async () => {
    const gauge = new WorkerGauge('process');
    expect(gauge.read(0).utilization).toBeUndefined();
    const end = performance.now() + 30;
    while (performance.now() < end);
    await turn();
    const { utilization, rssBytes, heapUsedBytes, loopDelayMs } = gauge.read(7);
    expect(utilization).toBeGreaterThan(0);
    expect(utilization).toBeLessThanOrEqual(1);
    expect(rssBytes).toBeGreaterThan(2 ** 20);
    expect(heapUsedBytes).toBeGreaterThan(2 ** 20);
    expect(loopDelayMs).toBe(7);
  });

  it('reads its memory after work, and now and then', () => {
    const look = jest.spyOn(process.memoryUsage, 'rss').mockReturnValue(5);
    const cpu = jest.spyOn(process, 'cpuUsage');
    const clock = jest.spyOn(systemClock, 'now');
    const used = (ms: number): unknown => cpu.mockReturnValue({ user: ms * 1000, system: 0 });
    const gauge = new WorkerGauge('process');
    const readAt = (now: number, usedMs: number): number => {
      clock.mockReturnValue(now);
      used(usedMs);
      gauge.read(0);
      return look.mock.calls.length;
    };
    expect(readAt(0, 100)).toBe(1);
    expect(readAt(1_000, 105)).toBe(1);
    expect(readAt(2_000, 110)).toBe(2);
    expect(readAt(31_999, 111)).toBe(2);
    expect(readAt(32_000, 111)).toBe(3);
    jest.restoreAllMocks();
  });

  it('reports only the heap of a thread, which has no other memory of its own', () => {
    const { rssBytes, heapUsedBytes } = new WorkerGauge('thread').read(0);
    expect(rssBytes).toBeUndefined();
    expect(heapUsedBytes).toBeGreaterThan(2 ** 20);
  });
});
