import { EventEmitter } from 'node:events';
import { FakeClock } from '../../../src/testing/fake-clock';
import { ChildWatch } from '../../../src/watch/child-watch';
import { ChildMonitor, type MonitorSettings } from '../../../src/watch/child-monitor';
import { ThreadControl } from '../../../src/watch/thread-control';
import { fakeLogger } from '../contract/fake-logger';

class FakeThread extends EventEmitter {
  terminated = 0;

  terminate(): Promise<number> {
    this.terminated += 1;
    return Promise.resolve(1);
  }
}

interface Limits {
  readonly graceful?: number;
  readonly immediate?: number;
  readonly heartbeat?: number;
  readonly heartbeatKillDelay?: number;
}

function watched({
  graceful = 5_000,
  immediate = 5_000,
  heartbeat = -1,
  heartbeatKillDelay = -1,
}: Limits = {}) {
  const clock = new FakeClock();
  const logger = fakeLogger();
  const thread = new FakeThread();
  const watch = new ChildWatch(clock, logger);
  const told: string[] = [];
  const settings: MonitorSettings = {
    kill: {
      gracefulIntervalMs: 1_000,
      gracefulIncrementMs: 0,
      gracefulTimeoutMs: graceful,
      immediateIntervalMs: 1_000,
      immediateIncrementMs: 0,
      immediateTimeoutMs: immediate,
      heartbeatKillDelayMs: heartbeatKillDelay,
    },
    heartbeatTimeoutMs: heartbeat,
  };
  const control = new ThreadControl({
    thread: thread as never,
    tellToStop: () => told.push('stop'),
    onError: () => {},
  });
  const monitor = new ChildMonitor(control, {
    subject: { label: 'worker 0', fields: {} },
    settings: () => settings,
    heartbeats: watch.heartbeats,
    clock,
    logger,
    onChange: () => watch.arm(),
  });
  watch.add(monitor);
  return { clock, monitor, thread, told };
}

describe('the monitor of a thread', () => {
  it('asks for a graceful stop once, even when it is requested again (PARITY: Escalation)', () => {
    const { clock, monitor, thread, told } = watched();
    monitor.requestStop(true, 'restart');
    clock.advance(4_000);
    monitor.requestStop(true, 'stop');
    expect(told).toEqual(['stop']);
    expect(monitor.isStopping).toBe(true);
    expect(monitor.reason).toBe('restart');
    expect(thread.terminated).toBe(0);
  });

  it('terminates it once the graceful timeout has passed since the first request', () => {
    const { clock, monitor, thread } = watched();
    monitor.requestStop(true, 'stop');
    clock.advance(3_000);
    monitor.requestStop(true, 'stop');
    clock.advance(2_000);
    expect(thread.terminated).toBe(0);
    clock.advance(1);
    expect(thread.terminated).toBe(1);
    expect(monitor.reason).toBe('graceful_timeout');
  });

  it('waits forever with a graceful timeout of -1', () => {
    const { clock, monitor, thread } = watched({ graceful: -1 });
    monitor.requestStop(true, 'stop');
    clock.advance(1e7);
    expect(thread.terminated).toBe(0);
  });

  it('terminates at once for an immediate stop, also during a graceful one, and only once', () => {
    const { clock, monitor, thread, told } = watched();
    monitor.requestStop(true, 'restart');
    clock.advance(10);
    monitor.requestStop(false, 'stop');
    monitor.requestStop(false, 'stop');
    expect(thread.terminated).toBe(1);
    expect(told).toEqual(['stop']);
    expect(monitor.reason).toBe('restart');
  });

  it('terminates it when its heartbeat is overdue, and not while it beats', () => {
    const { clock, monitor, thread } = watched({ heartbeat: 3_000 });
    for (let i = 0; i < 5; i += 1) {
      clock.advance(2_000);
      monitor.beat();
    }
    expect(thread.terminated).toBe(0);
    clock.advance(4_000);
    expect(thread.terminated).toBe(1);
    expect(monitor.reason).toBe('heartbeat_timeout');
  });

  it('returns its exit status, and does nothing more', async () => {
    const { clock, monitor, thread, told } = watched({ heartbeat: 3_000 });
    thread.emit('exit', 7);
    expect(await monitor.exited).toEqual({ code: 7, signal: null });
    monitor.requestStop(true, 'stop');
    clock.advance(10_000);
    expect(told).toEqual([]);
    expect(thread.terminated).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('leaves it behind when it is still there after the immediate timeout', async () => {
    const { clock, monitor } = watched({ immediate: 2_000 });
    monitor.requestStop(false, 'stop');
    clock.advance(2_001);
    expect(await monitor.exited).toEqual({ code: 1, signal: null });
    expect(monitor.reason).toBe('immediate_timeout');
  });

  it('leaves a hung one behind after the delay for those, not after the immediate timeout', async () => {
    const { clock, monitor, thread } = watched({
      heartbeat: 3_000,
      heartbeatKillDelay: 1_000,
      immediate: 600_000,
    });
    clock.advance(4_000);
    expect(thread.terminated).toBe(1);
    clock.advance(1_001);
    expect(await monitor.exited).toEqual({ code: 1, signal: null });
    expect(monitor.reason).toBe('heartbeat_timeout');
  });
});
