import type { Clock } from '../../../src/common/clock';
import { StallAwareClock } from '../../../src/common/stall-aware-clock';
import { FakeClock } from '../../../src/testing/fake-clock';
import { ChildMonitor } from '../../../src/watch/child-monitor';
import { ChildWatch } from '../../../src/watch/child-watch';
import { fakeLogger } from '../contract/fake-logger';

/** A process that can be frozen: time passes, and timers that were due meanwhile fire late. */
class Machine implements Clock {
  #now = 0;
  readonly #timers = new Set<{ readonly dueAt: number; readonly callback: () => void }>();

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#now;
  }

  after(delayMs: number, callback: () => void) {
    const timer = { dueAt: this.#now + delayMs, callback };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  run(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers].sort((one, other) => one.dueAt - other.dueAt);
      if (!next || next.dueAt > end) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.dueAt);
      next.callback();
    }
    this.#now = end;
  }

  freeze(ms: number): void {
    this.#now += ms;
  }
}

/** Ticks each second, as the watch over children does. */
function ticking(machine: Machine): StallAwareClock {
  const clock = new StallAwareClock(machine);
  const tick = (): void => void clock.after(1000, tick);
  tick();
  return clock;
}

describe('StallAwareClock', () => {
  it('counts all time in which the process ran, with timers that are late by less than a second', () => {
    const machine = new Machine();
    const clock = ticking(machine);
    machine.run(500);
    machine.freeze(1400);
    machine.run(100);
    expect(clock.now()).toBe(2000);
    expect(clock.stoodStillMs).toBe(0);
  });

  it('leaves out the time of a freeze once, from when the next timer was due', () => {
    const machine = new Machine();
    const clock = ticking(machine);
    machine.run(500);
    machine.freeze(60_000);
    // Before any late timer fires, so that messages of a child are read first.
    expect(clock.now()).toBe(1000);
    expect(clock.now()).toBe(1000);
    machine.run(10_000);
    expect(clock.now()).toBe(11_000);
    expect(clock.stoodStillMs).toBe(59_500);
    expect(clock.rawNow()).toBe(70_500);
  });

  it('fires a timer after its delay plus the time of the freeze', () => {
    const machine = new Machine();
    const clock = ticking(machine);
    const firedAt: number[] = [];
    clock.after(3000, () => firedAt.push(machine.now()));
    machine.run(500);
    machine.freeze(60_000);
    machine.run(1900);
    expect(firedAt).toEqual([]);
    machine.run(100);
    expect(firedAt).toEqual([62_500]);
  });

  it('notices a freeze within one long wait that is split into steps', () => {
    const machine = new Machine();
    const clock = new StallAwareClock(machine, 1000);
    let fired = 0;
    clock.after(20_000, () => (fired += 1));
    machine.run(5000);
    machine.freeze(60_000);
    machine.run(13_900);
    expect(fired).toBe(0);
    machine.run(2000);
    expect(fired).toBe(1);
  });

  it('forgets a cancelled timer', () => {
    const machine = new Machine();
    const clock = new StallAwareClock(machine);
    const callback = jest.fn();
    clock.after(1000, callback).cancel();
    machine.run(60_000);
    expect(callback).not.toHaveBeenCalled();
    expect(clock.now()).toBe(60_000);
  });

  it('is made once for another clock', () => {
    const clock = new StallAwareClock(new FakeClock());
    expect(StallAwareClock.over(clock)).toBe(clock);
  });
});

describe('a child whose parent was frozen', () => {
  const SECOND = 1000;

  function watched(machine: Machine) {
    const clock = new StallAwareClock(machine);
    const logger = fakeLogger();
    const watch = new ChildWatch(clock, logger);
    const sent: string[] = [];
    let end = (): void => {};
    const exited = new Promise<never>(() => {});
    const monitor = new ChildMonitor(
      {
        pid: 1,
        exited,
        onExit: (callback) => (end = callback),
        act: (step) => {
          sent.push(step);
          return { how: 'asked', fields: {} };
        },
      },
      {
        subject: { label: 'worker', fields: {} },
        settings: () => ({
          kill: {
            gracefulIntervalMs: 60 * SECOND,
            gracefulIncrementMs: 0,
            gracefulTimeoutMs: 10 * SECOND,
            immediateIntervalMs: 60 * SECOND,
            immediateIncrementMs: 0,
            immediateTimeoutMs: 5 * SECOND,
            heartbeatKillDelayMs: -1,
          },
          heartbeatTimeoutMs: undefined,
        }),
        heartbeats: watch.heartbeats,
        clock,
        logger,
        onChange: () => watch.arm(),
      },
    );
    watch.add(monitor);
    return { monitor, sent, logger, end: () => end() };
  }

  it('has its full time to stop: the escalation continues where it was', () => {
    const machine = new Machine();
    const { monitor, sent, logger } = watched(machine);
    monitor.requestStop(true, 'restart');
    machine.run(3 * SECOND);
    machine.freeze(600 * SECOND);
    // Messages that arrived meanwhile are read before any timer fires.
    monitor.requestStop(true, 'restart');
    machine.run(6 * SECOND);
    expect(sent).toEqual(['graceful']);
    expect(logger.warn).toHaveBeenCalledWith(expect.stringContaining('this process stood still'), {
      stalledMs: expect.any(Number) as number,
    });
    machine.run(2 * SECOND);
    expect(sent).toEqual(['graceful', 'immediate']);
  });

  it('is not killed at once when its stop came just before the freeze', () => {
    const machine = new Machine();
    const { monitor, sent } = watched(machine);
    monitor.requestStop(false, 'restart');
    machine.run(SECOND);
    machine.freeze(600 * SECOND);
    // The second in which it was stopped is over.
    machine.run(2 * SECOND);
    expect(sent).toEqual(['immediate']);
    machine.run(3 * SECOND);
    expect(sent).toEqual(['immediate', 'kill']);
  });
});
