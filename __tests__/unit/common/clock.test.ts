import { every, systemClock } from '../../../src/common/clock';

const DAY_MS = 86_400_000;

describe('systemClock', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it.each([0, 5, 60_000, 24 * DAY_MS, 30 * DAY_MS, 80 * DAY_MS])('waits %p ms, not less', (delayMs) => {
    const callback = jest.fn();
    systemClock.after(delayMs, callback);
    if (delayMs > 0) jest.advanceTimersByTime(delayMs - 1);
    expect(callback).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('cancels a timer that is longer than one of Node, also in its second part', () => {
    const callback = jest.fn();
    const timer = systemClock.after(60 * DAY_MS, callback, { unref: true });
    jest.advanceTimersByTime(40 * DAY_MS);
    timer.cancel();
    jest.advanceTimersByTime(40 * DAY_MS);
    expect(callback).not.toHaveBeenCalled();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('never fires a timer of infinite delay', () => {
    const callback = jest.fn();
    const timer = systemClock.after(Infinity, callback);
    jest.advanceTimersByTime(100 * DAY_MS);
    expect(callback).not.toHaveBeenCalled();
    timer.cancel();
  });

  it('tells the time of day in milliseconds since 1970', () => {
    jest.setSystemTime(1_234);
    expect(systemClock.wallTime()).toBe(1_234);
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

  it.each([30 * DAY_MS, 1e20, Infinity])('%p ms are not every millisecond', (intervalMs) => {
    const callback = jest.fn();
    const timer = every(intervalMs, callback);
    jest.advanceTimersByTime(20 * DAY_MS);
    expect(callback).not.toHaveBeenCalled();
    timer.cancel();
  });
});
