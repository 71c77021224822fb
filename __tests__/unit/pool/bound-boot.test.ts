import { FakeClock } from '../../../src/testing/fake-clock';
import { boundBoot } from '../../../src/pool/bound-boot';
import type { WorkerHandle } from '../../../src/pool/worker-handle';

function setUp(limitMs = 5000) {
  const clock = new FakeClock();
  const said: string[] = [];
  const state = { isRunning: false, late: 0 };
  let exit = (): void => {};
  const exited = new Promise<void>((resolve) => {
    exit = resolve;
  });
  const handle = boundBoot(
    {
      exited,
      get isStopping() {
        return said.length > 0;
      },
      requestStop: (graceful: boolean, reason: string) =>
        said.push(`${graceful ? 'graceful' : 'immediate'} ${reason}`),
    } as unknown as WorkerHandle,
    {
      isRunning: () => state.isRunning,
      limitMs: () => limitMs,
      onLate: () => {
        state.late += 1;
      },
      clock,
    },
  );
  return { clock, said, state, handle, exit };
}

describe(boundBoot, () => {
  it('stops a worker immediately that still starts at the limit, with the same reason', async () => {
    const { clock, said, state, handle } = setUp();
    handle.requestStop(true, 'restart');
    expect(handle.isStopping).toBe(true);
    await clock.advanceAsync(4999);
    expect(said).toEqual(['graceful restart']);
    await clock.advanceAsync(1);
    expect(said).toEqual(['graceful restart', 'immediate restart']);
    expect(state.late).toBe(1);
  });

  it.each([
    ['is running', (set: ReturnType<typeof setUp>) => void (set.state.isRunning = true)],
    ['has ended', (set: ReturnType<typeof setUp>) => set.exit()],
  ])('does nothing to a worker that %s by then', async (_how, act) => {
    const set = setUp();
    set.handle.requestStop(true, 'stop');
    act(set);
    await set.clock.advanceAsync(10_000);
    expect(set.said).toEqual(['graceful stop']);
  });

  it('sets no timer for a worker that runs, has ended, or has no limit', async () => {
    const running = setUp();
    running.state.isRunning = true;
    running.handle.requestStop(true, 'stop');
    const ended = setUp();
    ended.exit();
    await ended.clock.advanceAsync(0);
    ended.handle.requestStop(true, 'stop');
    const patient = setUp(-1);
    patient.handle.requestStop(true, 'stop');
    expect([running, ended, patient].map(({ clock }) => clock.pending)).toEqual([0, 0, 0]);
  });
});
