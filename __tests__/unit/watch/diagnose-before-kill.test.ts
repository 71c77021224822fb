import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import { FakeClock } from '../../../src/testing/fake-clock';
import { ChildWatch } from '../../../src/watch/child-watch';
import { ProcessContact } from '../../../src/watch/process-contact';
import { ProcessMonitor } from '../../../src/watch/process-monitor';
import { ChildMonitor } from '../../../src/watch/child-monitor';
import { ThreadControl } from '../../../src/watch/thread-control';
import { fakeLogger } from '../contract/fake-logger';

// No system has so many processes.
const NOBODY = 2 ** 30;

const SETTINGS = {
  kill: {
    gracefulIntervalMs: 1_000,
    gracefulIncrementMs: 0,
    gracefulTimeoutMs: 600_000,
    immediateIntervalMs: 10_000,
    immediateIncrementMs: 0,
    immediateTimeoutMs: 20_000,
    heartbeatKillDelayMs: -1,
  },
  heartbeatTimeoutMs: 3_000,
};

/** A diagnosis that the test ends. */
function openDiagnosis() {
  let end = (): void => {};
  const diagnose = jest.fn(
    () =>
      new Promise<void>((resolve) => {
        end = resolve;
      }),
  );
  return { diagnose, finish: () => end() };
}

function monitored(diagnose: () => Promise<void>) {
  const clock = new FakeClock();
  const logger = fakeLogger();
  const watch = new ChildWatch(clock, logger);
  const kill = jest.spyOn(process, 'kill').mockImplementation(() => true);
  kill.mockClear();
  const child = Object.assign(new EventEmitter(), { pid: NOBODY });
  const common = {
    subject: { label: 'worker 2', fields: {} },
    settings: () => SETTINGS,
    heartbeats: watch.heartbeats,
    clock,
    logger,
    onChange: () => watch.arm(),
    diagnose,
  };
  const monitor = new ProcessMonitor({
    ...common,
    contact: new ProcessContact(child as unknown as ChildProcess, clock),
  });
  watch.add(monitor);
  return { clock, child, monitor, common, watch, signals: () => kill.mock.calls.map(([, signal]) => signal) };
}

describe('a process that missed its heartbeat', () => {
  afterEach(() => jest.restoreAllMocks());

  it('is diagnosed first, then stopped immediately', async () => {
    const { diagnose, finish } = openDiagnosis();
    const { clock, monitor, signals } = monitored(diagnose);
    await clock.advanceAsync(4_000);
    expect(diagnose).toHaveBeenCalledTimes(1);
    expect(signals()).toEqual([]);
    expect(monitor.reason).toBe('heartbeat_timeout');
    expect(monitor.isStopping).toBe(true);
    finish();
    await clock.advanceAsync(0);
    expect(signals()).toEqual(['SIGQUIT']);
  });

  it('is stopped once even when it beats again meanwhile', async () => {
    const { diagnose, finish } = openDiagnosis();
    const { clock, monitor, signals } = monitored(diagnose);
    await clock.advanceAsync(4_000);
    monitor.beat();
    finish();
    await clock.advanceAsync(5_000);
    expect(signals()).toEqual(['SIGQUIT']);
    expect(diagnose).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['never ends', () => new Promise<void>(() => {})],
    ['fails', () => Promise.reject(new Error('broken'))],
    [
      'throws',
      (): Promise<void> => {
        throw new Error('broken');
      },
    ],
  ])('does not wait for a diagnosis that %s', async (_what, diagnose) => {
    const { clock, signals } = monitored(diagnose);
    await clock.advanceAsync(8_000);
    expect(signals()).toEqual(['SIGQUIT']);
  });

  it('is not waited for once it has ended', async () => {
    const { diagnose, finish } = openDiagnosis();
    const { clock, child, monitor, signals } = monitored(diagnose);
    await clock.advanceAsync(4_000);
    child.emit('exit', null, 'SIGSEGV');
    finish();
    await clock.advanceAsync(10_000);
    expect(signals()).toEqual([]);
    expect(monitor.reason).toBe('heartbeat_timeout');
    expect(clock.pending).toBe(0);
  });

  it('obeys an immediate stop at once', async () => {
    const { diagnose, finish } = openDiagnosis();
    const { clock, monitor, signals } = monitored(diagnose);
    await clock.advanceAsync(4_000);
    monitor.requestStop(false, 'stop');
    expect(signals()).toEqual(['SIGQUIT']);
    finish();
    await clock.advanceAsync(5_000);
    expect(signals()).toEqual(['SIGQUIT']);
  });

  it('gets QUIT exactly once within the interval, for any sequence of events', async () => {
    const act = fc.constantFrom('graceful', 'immediate', 'beat', 'pipe', 'finish', 'pass');
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 8 }), async (acts) => {
        const { diagnose, finish } = openDiagnosis();
        const { clock, monitor, signals } = monitored(diagnose);
        await clock.advanceAsync(4_000);
        for (const what of acts) {
          if (what === 'graceful') monitor.requestStop(true, 'restart');
          else if (what === 'immediate') monitor.requestStop(false, 'stop');
          else if (what === 'beat') monitor.beat();
          else if (what === 'pipe') monitor.heartbeatClosed();
          else if (what === 'finish') finish();
          await clock.advanceAsync(300);
        }
        await clock.advanceAsync(3_600);
        expect(signals().filter((signal) => signal === 'SIGQUIT')).toHaveLength(1);
        expect(diagnose).toHaveBeenCalledTimes(1);
      }),
    );
  });
});

describe('a thread that missed its heartbeat', () => {
  afterEach(() => jest.restoreAllMocks());

  it('is diagnosed first, then terminated, once', async () => {
    const { diagnose, finish } = openDiagnosis();
    const { common, clock, watch } = monitored(() => Promise.resolve());
    const terminate = jest.fn(async () => 1);
    const thread = Object.assign(new EventEmitter(), { terminate });
    const control = new ThreadControl({ thread: thread as never, tellToStop: () => {}, onError: () => {} });
    const monitor = new ChildMonitor(control, { ...common, diagnose });
    watch.add(monitor);
    await clock.advanceAsync(4_000);
    expect(diagnose).toHaveBeenCalledTimes(1);
    expect(terminate).not.toHaveBeenCalled();
    expect(monitor.isStopping).toBe(true);
    finish();
    await clock.advanceAsync(5_000);
    expect(terminate).toHaveBeenCalledTimes(1);
    expect(monitor.reason).toBe('heartbeat_timeout');
  });
});
