import fc from 'fast-check';
import { HeartbeatMonitor } from '../../../src/watch/heartbeat-monitor';

const TIMEOUT_MS = 5_000;

describe('HeartbeatMonitor', () => {
  it('finds a child overdue once its last beat is as old as the timeout (PARITY: Escalation)', () => {
    const monitor = new HeartbeatMonitor<string>();
    monitor.add('a', 0);
    monitor.beat('a', 1_000);
    expect(monitor.overdueMs('a', 5_999, TIMEOUT_MS)).toBeUndefined();
    expect(monitor.overdueMs('a', 6_000, TIMEOUT_MS)).toBe(5_000);
    expect(monitor.overdueMs('a', 9_000, TIMEOUT_MS)).toBe(8_000);
  });

  it('counts from the start, so a slow boot is overdue as well', () => {
    const monitor = new HeartbeatMonitor<string>();
    monitor.add('a', 100);
    expect(monitor.overdueMs('a', 5_099, TIMEOUT_MS)).toBeUndefined();
    expect(monitor.overdueMs('a', 5_100, TIMEOUT_MS)).toBe(5_000);
  });

  it('treats a beat after a long silence as a sign of life', () => {
    const monitor = new HeartbeatMonitor<string>();
    monitor.add('a', 0);
    monitor.beat('a', 60_000);
    expect(monitor.overdueMs('a', 60_001, TIMEOUT_MS)).toBeUndefined();
  });

  it('applies a timeout of a reload at once', () => {
    const monitor = new HeartbeatMonitor<string>();
    monitor.add('a', 0);
    expect(monitor.overdueMs('a', 2_000, TIMEOUT_MS)).toBeUndefined();
    expect(monitor.overdueMs('a', 2_000, 1_500)).toBe(2_000);
  });

  it('never finds a child overdue with a timeout below 0', () => {
    const monitor = new HeartbeatMonitor<string>();
    monitor.add('a', 0);
    expect(monitor.overdueMs('a', 1e9, -1_000)).toBeUndefined();
  });

  it('watches the old and the new process of one slot separately', () => {
    const monitor = new HeartbeatMonitor<number>();
    monitor.add(4711, 0);
    monitor.add(4712, 0);
    monitor.beat(4712, 4_000);
    expect(monitor.overdueMs(4711, 6_000, TIMEOUT_MS)).toBe(6_000);
    expect(monitor.overdueMs(4712, 6_000, TIMEOUT_MS)).toBeUndefined();
  });

  it('ignores the last beats of a removed child', () => {
    const monitor = new HeartbeatMonitor<string>();
    monitor.add('a', 0);
    monitor.forget('a');
    monitor.beat('a', 1);
    expect(monitor.overdueMs('a', 1e9, TIMEOUT_MS)).toBeUndefined();
  });

  it('gives every child a fresh timeout after the server itself was frozen', () => {
    const monitor = new HeartbeatMonitor<string>();
    monitor.add('a', 0);
    monitor.add('b', 0);
    monitor.beat('b', 900);
    monitor.freshen(601_000);
    for (const id of ['a', 'b']) {
      expect(monitor.overdueMs(id, 601_000, TIMEOUT_MS)).toBeUndefined();
      expect(monitor.overdueMs(id, 605_999, TIMEOUT_MS)).toBeUndefined();
      expect(monitor.overdueMs(id, 606_000, TIMEOUT_MS)).toBe(5_000);
    }
  });

  it('does not count the lateness of its own tick', () => {
    const monitor = new HeartbeatMonitor<string>();
    monitor.add('a', 0);
    monitor.tick(1_900, 1_000);
    expect(monitor.overdueMs('a', 1_900, 1_500)).toBeUndefined();
    expect(monitor.overdueMs('a', 2_400, 1_500)).toBe(1_500);
  });

  it('still finds a blocked child when each of its own ticks is somewhat late', () => {
    const monitor = new HeartbeatMonitor<string>();
    monitor.add('a', 0);
    let now = 0;
    while (monitor.overdueMs('a', now, TIMEOUT_MS) === undefined && now < 60_000) {
      const dueAt = now + 1_000;
      now = dueAt + 900;
      monitor.tick(now, dueAt);
    }
    expect(now).toBe(9_500);
  });

  it('a child that beats in time is never overdue and a silent one always is, however late the ticks come', () => {
    const lateness = fc.array(fc.oneof(fc.nat(50), fc.nat(999), fc.integer({ min: 1_000, max: 100_000 })), {
      minLength: 1,
      maxLength: 50,
    });
    fc.assert(
      fc.property(lateness, (lates) => {
        const monitor = new HeartbeatMonitor<string>();
        monitor.add('lively', 0);
        monitor.add('silent', 0);
        let now = 0;
        let silentTicks = 0;
        for (const lateMs of lates) {
          const dueAt = now + 1_000;
          now = dueAt + lateMs;
          monitor.tick(now, dueAt);
          const stoodStill = lateMs >= 1_000;
          if (stoodStill) monitor.freshen(now);
          silentTicks = stoodStill ? 0 : silentTicks + 1;
          expect(monitor.overdueMs('lively', now, 1_500)).toBeUndefined();
          expect(monitor.overdueMs('silent', now, 1_500) !== undefined).toBe(silentTicks >= 2);
          monitor.beat('lively', now);
        }
      }),
    );
  });
});
