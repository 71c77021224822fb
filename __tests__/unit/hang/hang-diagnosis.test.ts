import { FakeClock } from '../../../src/testing/fake-clock';
import { HangDiagnosis, type CaptureRequest } from '../../../src/hang/hang-diagnosis';
import type { KernelView } from '../../../src/hang/kernel-view';
import type { StackFrame } from '../../../src/hang/source-mapped-frames';
import { fakeLogger } from '../contract/fake-logger';

const FRAMES: readonly StackFrame[] = [{ functionName: 'fib', file: '/x.js', line: 1, column: 2 }];

const WAITS: KernelView = { state: 'S', syscall: 'futex' };

/** `share`: of processor time that it gets. */
function diagnosis(
  capture: (request: CaptureRequest) => Promise<readonly StackFrame[]>,
  { kernel = WAITS, share }: { readonly kernel?: KernelView; readonly share?: number } = {},
) {
  const clock = new FakeClock();
  const logger = fakeLogger();
  let exit = (): void => {};
  const exited = new Promise<void>((resolve) => {
    exit = resolve;
  });
  const calls = jest.fn(capture);
  const hang = new HangDiagnosis({
    subject: { label: 'worker 2', fields: { workerId: 2 } },
    capture: calls,
    kernelView: () => kernel,
    ...(share === undefined ? {} : { processorMs: () => clock.now() * share }),
    exited,
    clock,
    logger,
  });
  return { hang, clock, logger, calls, exit };
}

/** Stands for a capture that waits. */
function never({ signal }: CaptureRequest): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}

describe(HangDiagnosis, () => {
  it('logs one error for a worker that is given up', async () => {
    const { hang, logger, clock } = diagnosis(async () => FRAMES);
    await hang.run('give_up');
    expect(logger.error).toHaveBeenCalledWith(
      'worker 2 hangs in fib (/x.js:1:2)',
      expect.objectContaining({ workerId: 2, tookMs: 0 }),
    );
    expect(clock.pending).toBe(0);
  });

  it('logs a warning for a worker that is only dumped', async () => {
    const { hang, logger } = diagnosis(async () => FRAMES);
    await hang.run('dump');
    expect(logger.warn).toHaveBeenCalledWith('worker 2 is blocked in fib (/x.js:1:2)', expect.anything());
  });

  it('gives up after three seconds and logs that', async () => {
    const { hang, clock, logger } = diagnosis(never);
    const done = hang.run('give_up');
    await clock.advanceAsync(3000);
    await done;
    expect(logger.error).toHaveBeenCalledWith(
      'worker 2 hangs, no JavaScript stack: it waits in the system call futex',
      expect.objectContaining({ tookMs: 3000, why: 'there was no answer within 3000 ms' }),
    );
  });

  it.each([
    // Sampled between two calls.
    [{ kernel: WAITS, share: 0.9 }, 'its event loop was blocked: it is busy'],
    [{ kernel: WAITS, share: 0.1 }, 'its event loop was blocked: it waits in the system call futex'],
    [{ kernel: { state: 'R' }, share: 0.1 }, 'its event loop was blocked: it is busy'],
  ])('derives the activity from the processor time: %j', async (given, why) => {
    const { hang, clock } = diagnosis(async () => FRAMES, given);
    const done = hang.run('give_up');
    await clock.advanceAsync(40);
    await done;
    expect(hang.cause).toEqual({ kind: 'blocked', why });
  });

  it.each([
    [0.05, 'it has had 150 ms of CPU time in 3000 ms: the machine is overloaded'],
    [0.5, 'it is busy in native code'],
  ])('does not blame native code for a worker without processor time: %p', async (share, why) => {
    const { hang, clock, logger } = diagnosis(never, { kernel: { state: 'R' }, share });
    const done = hang.run('give_up');
    await clock.advanceAsync(3000);
    await done;
    expect(logger.error).toHaveBeenCalledWith(
      `worker 2 hangs, no JavaScript stack: ${why}`,
      expect.anything(),
    );
  });

  it('ends as soon as the worker has ended', async () => {
    const { hang, logger, exit, clock } = diagnosis(never);
    const done = hang.run('give_up');
    exit();
    await done;
    expect(logger.error).toHaveBeenCalledWith(
      expect.stringContaining('no JavaScript stack'),
      expect.objectContaining({ why: 'it ended meanwhile' }),
    );
    expect(clock.pending).toBe(0);
  });

  it('runs once when a dump is requested meanwhile', async () => {
    const { hang, logger, calls } = diagnosis(async () => FRAMES);
    await Promise.all([hang.run('give_up'), hang.run('dump')]);
    expect(calls).toHaveBeenCalledTimes(1);
    expect(logger.error).toHaveBeenCalledTimes(1);
    await hang.run('dump');
    expect(calls).toHaveBeenCalledTimes(2);
  });

  it.each([
    ['a capture that fails', async () => Promise.reject(new Error('broken'))],
    ['nonsense from the worker', async () => [{}] as unknown as readonly StackFrame[]],
  ])('never rejects: %s', async (_what, capture) => {
    const { hang, logger } = diagnosis(capture);
    await hang.run('give_up');
    expect(logger.error).toHaveBeenCalledTimes(1);
  });
});
