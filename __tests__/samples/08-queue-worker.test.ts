import { Queue, type Job } from 'bullmq';
import { Redis } from 'ioredis';
import { eventually } from '../support/eventually';
import { reapAfterEach } from '../support/reaping';
import { Program } from './program';
import { hasRedis, startRedis } from './redis';

if (!hasRedis) {
  console.warn('redis-server is not installed (Debian: redis-server): samples/08-queue-worker.ts is not run');
}

/** The ids of the jobs that Redis has as done, in order, each as often as it was acknowledged. */
async function acknowledged(redis: Redis, queue: Queue): Promise<readonly string[]> {
  const events = await redis.xrange(queue.toKey('events'), '-', '+');
  return events.flatMap(([, [, event, , id = '']]) => (event === 'completed' ? [id] : []));
}

const idsOf = (jobs: readonly Job[]): readonly string[] => jobs.map(({ id = '' }) => id);

(hasRedis ? describe : describe.skip)('samples/08-queue-worker.ts', () => {
  afterEach(() => Program.reapAll());

  it('samples/08-queue-worker does every job once although an engine and a worker are killed, and finishes its job at a stop', async () => {
    const url = await startRedis();
    const queue = new Queue('mails', { connection: { url } });
    const redis = new Redis(url);
    reapAfterEach(async () => {
      redis.disconnect();
      await queue.close();
    });
    const add = async (count: number, ms: number): Promise<readonly string[]> => {
      const mails = Array.from({ length: count }, (_, index) => ({
        name: 'mail',
        data: { to: `${index}@example.com`, ms },
      }));
      return idsOf(await queue.addBulk(mails));
    };
    const begin = (): Program =>
      new Program('samples/08-queue-worker.ts', {
        SERVERENGINE_REDIS_URL: url,
        SERVERENGINE_LOCK_MS: '1000',
      });

    const [lost, kept] = [begin(), begin()];
    await Promise.all([lost, kept].map((program) => program.waitFor(/worker \d is running/, 2)));
    const ids = await add(40, 100);
    await Promise.all([lost, kept].map((program) => program.waitFor(/: begun job=/, 2)));
    await lost.losePower();
    const [, pid] = (await kept.waitFor(/ pid=(\d+): begun job=/, 3)).at(-1) ?? [];
    process.kill(Number(pid), 'SIGKILL');
    await kept.waitFor(/worker \d finished unexpectedly with signal SIGKILL/);
    const isDone = async (): Promise<boolean> => (await acknowledged(redis, queue)).length >= ids.length;
    await eventually(isDone, 'every job is done');
    expect([...(await acknowledged(redis, queue))].sort()).toEqual([...ids].sort());

    const [last = ''] = await add(1, 1500);
    await kept.waitFor(new RegExp(`: begun job=${last}\\b`));
    expect(kept.output).not.toContain(`sent job=${last}`);
    expect(await kept.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(kept.output).toContain(`: sent job=${last} `);
    expect((await acknowledged(redis, queue)).filter((id) => id === last)).toHaveLength(1);
    expect(await queue.getJobCounts()).toMatchObject({ completed: 41, active: 0, waiting: 0, failed: 0 });
    expect(await kept.isAllGone()).toBe(true);
  });
});
