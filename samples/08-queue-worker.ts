// npm run -s build && node --import tsx samples/08-queue-worker.ts
// Two processes do the jobs of a BullMQ queue in Redis: SERVERENGINE_REDIS_URL=redis://… Start it on as many machines as you like.
// kill PID: each process finishes its current job. kill -9: another process does that job again, after lockMs.
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker as Consumer, type Job } from 'bullmq';
import { ServerEngine, Worker, worker } from 'serverengine';
import { z } from 'zod';

const AppConfig = z.object({
  redisUrl: z.string().default('redis://127.0.0.1:6379'),
  lockMs: z.number().default(30_000),
});
type AppConfig = z.infer<typeof AppConfig>;
type Mail = { to: string; ms: number };

@worker({ name: 'queue', type: 'process', workers: 2, ready: 'explicit', schema: AppConfig })
class QueueWorker extends Worker<AppConfig> {
  override async run(): Promise<void> {
    const { redisUrl: url, lockMs } = this.config;
    const options = { connection: { url }, lockDuration: lockMs, stalledInterval: lockMs };
    const consumer = new Consumer<Mail>('mails', (job) => this.#send(job), options);
    consumer.on('error', (error) => this.logger.error('the queue cannot be reached', { error }));
    consumer.on('failed', (job, error) => this.logger.error('a job failed', { job: job?.id, error }));
    await consumer.waitUntilReady();
    this.ready();
    await this.untilStop();
    // close() takes no more jobs, and resolves when the jobs that it has begun are done.
    await consumer.close();
  }

  async #send(job: Job<Mail>): Promise<void> {
    this.logger.info('begun', { job: job.id });
    await sleep(job.data.ms);
    this.jobDone();
    this.logger.info('sent', { job: job.id, to: job.data.to });
  }
}

ServerEngine.create(null, QueueWorker, { log: '-', workerGracefulKillTimeout: '1m' }).run();
