import { setTimeout as sleep } from 'node:timers/promises';
import { Worker, worker } from 'serverengine';
import { z } from 'zod';
import { Queue, type Job } from './queue';

/** Keys of your own in server.yml. */
const AppConfig = z.object({
  folder: z.string().default('jobs'),
  pollMs: z.number().default(500),
});
type AppConfig = z.infer<typeof AppConfig>;

@worker({ name: 'queue', type: 'process', schema: AppConfig })
export class AppWorker extends Worker<AppConfig> {
  override async run(): Promise<void> {
    const { folder, pollMs } = this.config;
    const queue = new Queue(folder);
    queue.recover();
    this.logger.info('waiting for jobs', { folder });
    // A stop finishes the job in hand, and begins no other.
    while (!this.stopSignal.aborted) {
      const job = queue.take();
      if (!job) {
        await sleep(pollMs, undefined, { signal: this.stopSignal }).catch(() => {});
        continue;
      }
      try {
        await this.#perform(job);
        queue.done(job);
      } catch (error) {
        this.logger.error('job failed', { id: job.id, error });
        queue.fail(job);
      }
      this.jobDone();
    }
  }

  /** Your work. A worker may be killed in the middle, so it must bear to be begun twice. */
  async #perform({ id, text }: Job): Promise<void> {
    await sleep(100);
    this.logger.info('job done', { id, text });
  }
}
