import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { FakeClock } from '../../../src/common/fake-clock';
import { ChildWatch } from '../../../src/process/child-watch';
import { ProcessMonitor, type Deliver } from '../../../src/process/process-monitor';
import { fakeLogger } from '../contract/fake-logger';

// No system has so many processes.
const NOBODY = 2 ** 30;

function monitored(deliver: Deliver | undefined) {
  const clock = new FakeClock();
  const logger = fakeLogger();
  const watch = new ChildWatch(clock, logger);
  const kill = jest.spyOn(process, 'kill').mockImplementation(() => true);
  const monitor = new ProcessMonitor({
    child: Object.assign(new EventEmitter(), { pid: NOBODY }) as unknown as ChildProcess,
    label: 'server',
    fields: {},
    settings: () => ({
      kill: {
        gracefulIntervalMs: 1_000,
        gracefulIncrementMs: 0,
        gracefulTimeoutMs: 1_500,
        immediateIntervalMs: 1_000,
        immediateIncrementMs: 0,
        immediateTimeoutMs: 1_000,
      },
      heartbeatTimeoutMs: undefined,
    }),
    heartbeats: watch.heartbeats,
    clock,
    logger,
    onChange: () => watch.arm(),
    deliver,
  });
  watch.add(monitor);
  return { clock, monitor, signals: () => kill.mock.calls.map(([, signal]) => signal) };
}

describe('ProcessMonitor', () => {
  afterEach(() => jest.restoreAllMocks());

  it('escalates by signals (PARITY: Escalation)', () => {
    const { clock, monitor, signals } = monitored(undefined);
    monitor.requestStop(true, 'stop');
    clock.advance(3_000);
    expect(signals()).toEqual(['SIGTERM', 'SIGTERM', 'SIGQUIT', 'SIGKILL']);
  });

  it('lets somebody else tell the child, and sends only the kill by itself', () => {
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

  it('sends the signal when that one could not', () => {
    const { monitor, signals } = monitored(() => false);
    monitor.requestStop(false, 'stop');
    expect(signals()).toEqual(['SIGQUIT']);
  });
});
