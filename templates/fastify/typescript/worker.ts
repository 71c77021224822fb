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
  // Asked for each answer: after `npm run reload` it is the new one.
  readonly #app = createApp(() => this.config.greeting);

  override async run(): Promise<void> {
    const { port } = this.config;
    // All workers listen on this port. The engine holds it while they come and go.
    await this.#app.listen({ port, host: '0.0.0.0' });
    this.logger.info('listening', { port });
    await this.untilStop();
  }

  /** The last response is sent. */
  override async afterDrain(): Promise<void> {
    await this.#app.close();
  }
}
