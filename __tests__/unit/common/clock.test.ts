import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { every, sleep, systemClock } from '../../../src/common/clock';

const DAY_MS = 86_400_000;

describe('systemClock', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it.each([0, 5, 60_000, 24 * DAY_MS, 30 * DAY_MS, 80 * DAY_MS])('waits at least %p ms', (delayMs) => {
    const callback = jest.fn();
    systemClock.after(delayMs, callback);
    if (delayMs > 0) jest.advanceTimersByTime(delayMs - 1);
    expect(callback).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it("cancels a timer longer than Node's maximum, also in its second part", () => {
    const callback = jest.fn();
    const timer = systemClock.after(60 * DAY_MS, callback, { unref: true });
    jest.advanceTimersByTime(40 * DAY_MS);
    timer.cancel();
    jest.advanceTimersByTime(40 * DAY_MS);
    expect(callback).not.toHaveBeenCalled();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('never fires a timer with an infinite delay', () => {
    const callback = jest.fn();
    const timer = systemClock.after(Infinity, callback);
    jest.advanceTimersByTime(100 * DAY_MS);
    expect(callback).not.toHaveBeenCalled();
    timer.cancel();
  });

  it('returns the time of day in milliseconds since 1970', () => {
    jest.setSystemTime(1_234);
    expect(systemClock.wallTime()).toBe(1_234);
  });
});

it('fires no timer before its time on the clock, as Node does', async () => {
  const early: number[] = [];
  while (early.length < 20) {
    const dueAt = systemClock.now() + 5.9;
    await sleep(systemClock, 5.9);
    early.push(dueAt - systemClock.now());
  }
  expect(Math.max(...early)).toBeLessThanOrEqual(0);
});

describe('a timer that is late because the process was frozen', () => {
  const standStill = (ms: number): void => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  };

  it('fires after waiting input is read: a process that answered meanwhile does not count as silent', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const reader = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [[writer]] = (await Promise.all([once(server, 'connection'), once(reader, 'connect')])) as [
      [ReturnType<typeof connect>],
      unknown,
    ];
    const order: string[] = [];
    reader.once('data', () => order.push('answer'));
    const isOver = new Promise<void>((resolve) => {
      systemClock.after(20, () => {
        order.push('timeout');
        resolve();
      });
    });
    writer.write('ready');
    standStill(700);
    await isOver;
    expect(order).toEqual(['answer', 'timeout']);
    reader.destroy();
    writer.destroy();
    server.close();
  });

  it('can be cancelled by that input', async () => {
    const callback = jest.fn();
    const timer = systemClock.after(20, callback);
    // Node runs both timers in one pass, this one last. By then the other timer waits for the input.
    const isRead = new Promise<void>((resolve) => {
      setTimeout(() => {
        timer.cancel();
        resolve();
      }, 30);
    });
    standStill(700);
    await isRead;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(callback).not.toHaveBeenCalled();
  });
});

describe('every', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('calls back at each interval until it is cancelled', () => {
    const callback = jest.fn();
    const timer = every(100, callback);
    jest.advanceTimersByTime(350);
    expect(callback).toHaveBeenCalledTimes(3);
    timer.cancel();
    jest.advanceTimersByTime(350);
    expect(callback).toHaveBeenCalledTimes(3);
    expect(jest.getTimerCount()).toBe(0);
  });

  it.each([30 * DAY_MS, 1e20, Infinity])('does not treat %p ms as every millisecond', (intervalMs) => {
    const callback = jest.fn();
    const timer = every(intervalMs, callback);
    jest.advanceTimersByTime(20 * DAY_MS);
    expect(callback).not.toHaveBeenCalled();
    timer.cancel();
  });
});
