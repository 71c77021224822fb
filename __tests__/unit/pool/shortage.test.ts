import { isCrash } from '../../../src/pool/restart-policy';
import { shortageIn } from '../../../src/watch/child-exit';
import { fakePool } from './fake-pool';

const ENDS = { listens: false, onStop: 'ends' } as const;

function systemError(code: string): Error {
  return Object.assign(new Error(`spawn node ${code}`), { code, syscall: 'spawn' });
}

describe('a start that fails for lack of system resources', () => {
  it.each(['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM'])(
    '(%s) is retried with growing delays, is logged once with the cure, and counts as no crash',
    async (code) => {
      let isShort = true;
      const config = { workerType: 'process', workers: 2, maxRestarts: 1, restartBackoffMax: 1 };
      const world = fakePool(config, ENDS, () => (isShort ? Promise.reject(systemError(code)) : undefined));
      world.state.mustComeUp = true;
      await world.start();
      for (let second = 0; second < 20; second += 1) {
        await world.clock.advanceAsync(1000);
        await world.settle();
      }
      expect([world.state.hasEnded, world.alive()]).toEqual([false, []]);
      const told = world.logger.error.mock.calls.map(([message, fields]) => [
        message,
        (fields as { errno: string }).errno,
      ]);
      expect(told).toEqual([
        ['worker 0 could not be started; the server tries again until it can', code],
        ['worker 1 could not be started; the server tries again until it can', code],
      ]);
      const again = world.logger.debug.mock.calls.filter(([message]) =>
        String(message).endsWith('could not be started, still'),
      );
      expect(again.length).toBeGreaterThan(20);
      expect(again.length).toBeLessThan(80);
      isShort = false;
      await world.clock.advanceAsync(2000);
      await world.settle();
      expect(world.alive()).toHaveLength(2);
    },
  );

  it('is logged again after a worker has lived in between', async () => {
    let isShort = true;
    const config = { workerType: 'process', restartBackoffMax: 1 };
    const world = fakePool(config, ENDS, () => (isShort ? Promise.reject(systemError('EMFILE')) : undefined));
    await world.start();
    isShort = false;
    await world.clock.advanceAsync(2000);
    await world.settle();
    isShort = true;
    const [name] = world.alive();
    world.worker(name!).end({ code: 1, signal: null });
    await world.settle();
    await world.clock.advanceAsync(2000);
    await world.settle();
    expect(world.said('error', /could not be started; the server tries again/)).toBe(2);
  });

  it('is an ordinary failed start for any other error', async () => {
    const world = fakePool({ workerType: 'process' }, ENDS, () => Promise.reject(systemError('EACCES')));
    world.state.mustComeUp = true;
    await world.start();
    await world.clock.advanceAsync(2000);
    await world.settle();
    expect(world.state.hasEnded).toBe(true);
  });
});

describe('shortageIn', () => {
  it.each<[string, Error | undefined, string | undefined]>([
    ['no error', undefined, undefined],
    ['descriptors', systemError('EMFILE'), 'EMFILE'],
    [
      'a thread',
      Object.assign(new Error('Worker initialization failure: EAGAIN'), { code: 'ERR_WORKER_INIT_FAILED' }),
      'EAGAIN',
    ],
    [
      'a thread, another reason',
      Object.assign(new Error('Worker initialization failure: EIO'), { code: 'ERR_WORKER_INIT_FAILED' }),
      undefined,
    ],
    ['no such program', systemError('ENOENT'), undefined],
  ])('%s', (_name, error, errno) => {
    const shortage = shortageIn(error);
    expect(shortage?.errno).toBe(errno);
    expect(isCrash({ expected: false, ...(error && { spawnError: error }) })).toBe(errno === undefined);
    if (shortage) expect(shortage.cure).toMatch(/\w{10}|ulimit/);
  });
});
