import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { FakeClock } from '../../../src/testing/fake-clock';
import { ChildWatch } from '../../../src/watch/child-watch';
import { ProcessContact } from '../../../src/watch/process-contact';
import { ProcessMonitor, type Deliver } from '../../../src/watch/process-monitor';
import { fakeLogger } from '../contract/fake-logger';

// No system has so many processes.
const NOBODY = 2 ** 30;

function monitored(
  deliver?: Deliver,
  hang?: { heartbeatTimeoutMs: number; heartbeatKillDelayMs: number },
  isHeldUp?: () => boolean,
) {
  const clock = new FakeClock();
  const logger = fakeLogger();
  const watch = new ChildWatch(clock, logger);
  const kill = jest.spyOn(process, 'kill').mockImplementation(() => true);
  const child = Object.assign(new EventEmitter(), { pid: NOBODY });
  const monitor = new ProcessMonitor({
    contact: new ProcessContact(child as unknown as ChildProcess, clock),
    subject: { label: 'server', fields: {} },
    settings: () => ({
      kill: {
        gracefulIntervalMs: 1_000,
        gracefulIncrementMs: 0,
        gracefulTimeoutMs: 1_500,
        immediateIntervalMs: 1_000,
        immediateIncrementMs: 0,
        immediateTimeoutMs: 1_000,
        heartbeatKillDelayMs: hang?.heartbeatKillDelayMs ?? -1,
      },
      heartbeatTimeoutMs: hang?.heartbeatTimeoutMs,
    }),
    heartbeats: watch.heartbeats,
    clock,
    logger,
    onChange: () => watch.arm(),
    deliver,
    isHeldUp,
  });
  watch.add(monitor);
  return { clock, child, logger, monitor, signals: () => kill.mock.calls.map(([, signal]) => signal) };
}

describe('ProcessMonitor', () => {
  afterEach(() => jest.restoreAllMocks());

  it('escalates by signals (PARITY: Escalation)', () => {
    const { clock, monitor, signals } = monitored();
    monitor.requestStop(true, 'stop');
    clock.advance(3_000);
    expect(signals()).toEqual(['SIGTERM', 'SIGTERM', 'SIGQUIT', 'SIGKILL']);
  });

  it('allows silence while a debugger holds the child up, with a fresh timeout after that', () => {
    const debuggers = { isHeldUp: true };
    const times = { heartbeatTimeoutMs: 3_000, heartbeatKillDelayMs: 1_000 };
    const { clock, logger, signals } = monitored(undefined, times, () => debuggers.isHeldUp);
    clock.advance(60_000);
    expect(signals()).toEqual([]);
    expect(logger.warn.mock.calls).toEqual([
      [expect.stringMatching(/^server does not answer, because a debugger is attached/), expect.anything()],
    ]);
    debuggers.isHeldUp = false;
    clock.advance(2_000);
    expect(signals()).toEqual([]);
    clock.advance(6_000);
    expect(signals().slice(0, 2)).toEqual(['SIGQUIT', 'SIGKILL']);
  });

  it('leaves the stop to another channel, and sends only the kill itself', () => {
    const steps: unknown[] = [];
    const { clock, monitor, signals } = monitored((step, reason) => {
      steps.push([step, reason]);
      return true;
    });
    monitor.requestStop(true, 'restart');
    clock.advance(3_000);
    expect(steps).toEqual([
      ['graceful', 'restart'],
      ['graceful', 'restart'],
      ['immediate', 'graceful_timeout'],
    ]);
    expect(signals()).toEqual(['SIGKILL']);
  });

  it.each([
    ['at the end of its pipes', true, 0],
    ['a moment after its end while another program holds them open', false, 500],
  ])('has read the output of the child %s', async (_, isClosed, afterMs) => {
    const { clock, child, monitor } = monitored();
    let isDrained = false;
    void monitor.drained.then(() => (isDrained = true));
    await clock.advanceAsync(60_000);
    child.emit('exit', 0, null);
    await clock.advanceAsync(Math.max(0, afterMs - 1));
    expect(isDrained).toBe(false);
    if (isClosed) child.emit('close');
    await clock.advanceAsync(Math.min(1, afterMs));
    expect(isDrained).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('sends the signal when the other channel fails', () => {
    const { monitor, signals } = monitored(() => false);
    monitor.requestStop(false, 'stop');
    expect(signals()).toEqual(['SIGQUIT']);
  });

  it('kills a child that hangs the given time after QUIT, or after its own timeouts', () => {
    const hang = { heartbeatTimeoutMs: 3_000, heartbeatKillDelayMs: 300 };
    const { clock, monitor, signals } = monitored(() => true, hang);
    clock.advance(3_000);
    expect(signals()).toEqual([]);
    clock.advance(300);
    expect(signals()).toEqual(['SIGKILL']);
    expect(monitor.reason).toBe('heartbeat_timeout');
  });

  it('kills a child that has closed its heartbeat pipe likewise', () => {
    const hang = { heartbeatTimeoutMs: 60_000, heartbeatKillDelayMs: 300 };
    const { clock, monitor, signals } = monitored(undefined, hang);
    monitor.heartbeatClosed();
    clock.advance(1_000);
    expect(signals()).toEqual(['SIGQUIT']);
    clock.advance(300);
    expect(signals()).toEqual(['SIGQUIT', 'SIGKILL']);
    expect(monitor.reason).toBe('heartbeat_closed');
  });
});
