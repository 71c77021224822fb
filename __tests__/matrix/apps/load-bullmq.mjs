import { Queue, QueueEvents } from 'bullmq';

/** Adds a job, and waits until it is done. */
export async function openLane(url) {
  const queue = new Queue('mails', { connection: { url } });
  const events = new QueueEvents('mails', { connection: { url } });
  await events.waitUntilReady();
  const ask = async () => {
    const job = await queue.add('mail', { to: 'hello' });
    await job.waitUntilFinished(events, 30_000);
  };
  return {
    ask,
    close: async () => {
      await events.close();
      await queue.close();
    },
  };
}
