import { Worker, worker } from 'serverengine';
import { z } from 'zod';
import { createApp } from './app.mjs';

/** Keys of your own in server.yml. */
const AppConfig = z.object({
  port: z.number().default(8080),
  greeting: z.string().default('Hello'),
});

export class AppWorker extends Worker {
  // Asked for each answer: after `npm run reload` it is the new one.
  #app = createApp(() => this.config.greeting);

  async run() {
    const { port } = this.config;
    // All workers listen on this port. The engine holds it while they come and go.
    await this.#app.listen({ port, host: '0.0.0.0' });
    this.logger.info('listening', { port });
    await this.untilStop();
  }

  /** The last response is sent. */
  async afterDrain() {
    await this.#app.close();
  }
}
worker({ name: 'web', type: 'process', schema: AppConfig })(AppWorker);
