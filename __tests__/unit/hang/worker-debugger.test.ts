import { FakeClock } from '../../../src/testing/fake-clock';
import { DebuggerPresence } from '../../../src/hang/debugger-presence';
import type { HangPurpose } from '../../../src/hang/hang-diagnosis';
import type { KernelView } from '../../../src/hang/kernel-view';
import { NoJavaScriptRuns } from '../../../src/hang/no-stack';
import { WorkerDebugger } from '../../../src/hang/worker-debugger';
import { fakeLogger } from '../contract/fake-logger';

const URL_OF_IT = 'ws://127.0.0.1:1/469fb5c1-ed55-4640-bdee-910d9e586494';
const OPENED = Buffer.from(`Debugger listening on ${URL_OF_IT}\nFor help, see: https://nodejs.org/\n`);

function debuggerOf({ isBooted = true } = {}) {
  const clock = new FakeClock();
  const logger = fakeLogger();
  const sendSignal = jest.fn();
  const askToClose = jest.fn();
  const passOn = jest.fn();
  let boot = (): void => {};
  const booted = new Promise<void>((resolve) => {
    boot = resolve;
  });
  const deps = {
    subject: { label: 'worker 2', fields: { workerId: 2 } },
    sendSignal,
    askToClose,
    passOn,
    presence: new DebuggerPresence(false),
    booted,
    clock,
    logger,
  };
  const worker = new WorkerDebugger({ ...deps, isBooted: () => isBooted });
  const state = { isStarved: false };
  const capture = (purpose: HangPurpose, kernel?: KernelView) =>
    worker.capture({
      purpose,
      kernel,
      signal: new AbortController().signal,
      isStarved: () => state.isStarved,
    });
  return { worker, clock, logger, sendSignal, askToClose, passOn, boot, booted, capture, state };
}

describe(WorkerDebugger, () => {
  it('asks the worker about an unexpected debugger, and warns when a signal opened it', () => {
    const { worker, logger, askToClose, passOn } = debuggerOf();
    expect(worker.output.push(OPENED)).toHaveLength(0);
    expect(askToClose.mock.calls).toEqual([[URL_OF_IT, false]]);
    expect(logger.warn).not.toHaveBeenCalled();
    worker.onAnswer({ url: URL_OF_IT, whose: 'stray' });
    expect(logger.warn).toHaveBeenCalledTimes(1);
    expect(JSON.stringify(logger.warn.mock.calls)).not.toMatch(/127\.0\.0\.1|469fb5c1/);
    expect(worker.output.push(Buffer.from(`Debugger ending on ${URL_OF_IT}\n`))).toHaveLength(0);
    expect(passOn).not.toHaveBeenCalled();
  });

  it.each(['program', 'other'] as const)(
    'passes the line on when the debugger is not ours (%s), and warns of nothing',
    (whose) => {
      const { worker, logger, passOn } = debuggerOf();
      worker.output.push(OPENED);
      worker.onAnswer({ url: URL_OF_IT, whose });
      worker.onAnswer({ url: URL_OF_IT, whose });
      expect(passOn.mock.calls).toEqual([[`Debugger listening on ${URL_OF_IT}\n`]]);
      expect(logger.warn).not.toHaveBeenCalled();
      const ending = Buffer.from(`Debugger attached.\nDebugger ending on ${URL_OF_IT}\n`);
      expect(worker.output.push(ending)).toEqual(ending);
    },
  );

  it('passes the line on when the worker ends before it has answered', () => {
    const { worker } = debuggerOf();
    worker.output.push(OPENED);
    expect(worker.flush().toString()).toBe(`Debugger listening on ${URL_OF_IT}\n`);
    expect(worker.flush()).toHaveLength(0);
  });

  it('has it closed once the worker listens for messages', async () => {
    const { worker, askToClose, boot, booted } = debuggerOf({ isBooted: false });
    worker.output.push(OPENED);
    expect(askToClose).not.toHaveBeenCalled();
    boot();
    await booted;
    expect(askToClose).toHaveBeenCalledTimes(1);
  });

  it('sends no signal before the first heartbeat of a worker that may live on', async () => {
    const { capture, sendSignal } = debuggerOf({ isBooted: false });
    await expect(capture('dump')).rejects.toThrow('the engine has not started in it yet');
    expect(sendSignal).not.toHaveBeenCalled();
  });

  it('inspects a boot that is given up: the signal cannot do more than the kill that follows', () => {
    const { capture, sendSignal } = debuggerOf({ isBooted: false });
    void capture('give_up', { state: 'S', syscall: 'read' }).catch(() => {});
    expect(sendSignal).toHaveBeenCalledTimes(1);
  });

  it('sends no signal to a stopped worker', async () => {
    const { capture, sendSignal } = debuggerOf();
    await expect(capture('give_up', { state: 'T' })).rejects.toThrow(NoJavaScriptRuns);
    expect(sendSignal).not.toHaveBeenCalled();
  });

  it('does not interrupt a system call of a worker that may live on', async () => {
    const { capture, sendSignal } = debuggerOf();
    const kernel = { state: 'S', syscall: 'read' };
    await expect(capture('dump', kernel)).rejects.toThrow(NoJavaScriptRuns);
    expect(sendSignal).not.toHaveBeenCalled();
  });

  it('interrupts a blocking read of a worker that is given up, and ignores the error in it', async () => {
    const { capture, sendSignal, clock, worker, logger } = debuggerOf();
    const captured = expect(capture('give_up', { state: 'S', syscall: 'read' })).rejects.toThrow(
      'an EINTR error of its own shows where',
    );
    expect(sendSignal).toHaveBeenCalledTimes(1);
    worker.output.push(OPENED);
    await clock.advanceAsync(500);
    await captured;
    expect(clock.pending).toBe(0);
    expect(logger.warn).not.toHaveBeenCalled();
  });

  it('waits less than a second for the debugger to open, longer for a worker without processor time', async () => {
    const { capture, clock, sendSignal, state } = debuggerOf();
    const captured = expect(capture('give_up', { state: 'S', syscall: 'epoll_pwait' })).rejects.toThrow(
      new NoJavaScriptRuns('its debugger did not open within 800 ms'),
    );
    await clock.advanceAsync(0);
    // Loading the protocol takes a few turns.
    for (let i = 0; sendSignal.mock.calls.length === 0 && i < 1000; i += 1) await new Promise(setImmediate);
    expect(sendSignal).toHaveBeenCalledWith('SIGUSR1');
    state.isStarved = true;
    await clock.advanceAsync(2000);
    expect(clock.pending).toBe(1);
    state.isStarved = false;
    await clock.advanceAsync(100);
    await captured;
    expect(clock.pending).toBe(0);
  });

  it("reports the debugger's own reason", async () => {
    const { capture, clock, sendSignal, worker, logger } = debuggerOf();
    const captured = expect(capture('give_up')).rejects.toThrow(
      'could not be opened: 127.0.0.1:5 failed: taken',
    );
    for (let i = 0; sendSignal.mock.calls.length === 0 && i < 1000; i += 1) await new Promise(setImmediate);
    worker.output.push(Buffer.from('Starting inspector on 127.0.0.1:5 failed: taken\n'));
    await captured;
    expect(clock.pending).toBe(0);
    expect(logger.warn).not.toHaveBeenCalled();
  });
});
