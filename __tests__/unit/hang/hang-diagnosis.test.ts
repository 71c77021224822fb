import { FakeClock } from '../../../src/testing/fake-clock';
import { HangDiagnosis, type CaptureRequest } from '../../../src/hang/hang-diagnosis';
import type { StackFrame } from '../../../src/hang/source-mapped-frames';
import { fakeLogger } from '../contract/fake-logger';

const FRAMES: readonly StackFrame[] = [{ functionName: 'fib', file: '/x.js', line: 1, column: 2 }];

function diagnosis(capture: (request: CaptureRequest) => Promise<readonly StackFrame[]>) {
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
    kernelView: () => ({ state: 'S', syscall: 'futex' }),
    exited,
    clock,
    logger,
  });
  return { hang, clock, logger, calls, exit };
}

/** As a capture that waits for something does. */
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

  it('logs a warning for one that is only dumped', async () => {
    const { hang, logger } = diagnosis(async () => FRAMES);
    await hang.run('dump');
    expect(logger.warn).toHaveBeenCalledWith('worker 2 is blocked in fib (/x.js:1:2)', expect.anything());
  });

  it('gives up after three seconds and says so', async () => {
    const { hang, clock, logger } = diagnosis(never);
    const done = hang.run('give_up');
    await clock.advanceAsync(3000);
    await done;
    expect(logger.error).toHaveBeenCalledWith(
      'worker 2 hangs, no JavaScript stack: it waits in the system call futex',
      expect.objectContaining({ tookMs: 3000, why: 'there was no answer within 3000 ms' }),
    );
  });

  it('is over as soon as the worker has ended', async () => {
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

  it('is done once when a dump is asked meanwhile', async () => {
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
