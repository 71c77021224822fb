import { Worker, worker } from 'serverengine';
import { z } from 'zod';
import { createApp } from './app';

/** Keys of your own in server.yml. */
const AppConfig = z.object({
  port: z.number().default(8080),
  greeting: z.string().default('Hello'),
});
type AppConfig = z.infer<typeof AppConfig>;

@worker({ name: 'web', type: 'process', schema: AppConfig })
export class AppWorker extends Worker<AppConfig> {
  override async run(): Promise<void> {
    const { port } = this.config;
    // Asked for each answer: after `npm run reload` it is the new one.
    const greeting = () => this.config.greeting;
    // All workers listen on this port. The engine holds it while they come and go, and closes the server on a stop.
    createApp(greeting).listen(port, () => this.logger.info('listening', { port }));
    await this.untilStop();
  }
}
