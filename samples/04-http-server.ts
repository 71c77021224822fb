// npm run -s build && node --import tsx samples/04-http-server.ts
// Four processes share port 9072, each with a plain node:http server. Try: curl http://127.0.0.1:9072/
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ServerEngine, Worker, worker } from 'serverengine';
import { z } from 'zod';

// SERVERENGINE_PORT=8080 sets the port: the schema names the key.
const AppConfig = z.object({ bind: z.string().default('127.0.0.1'), port: z.number().default(9072) });
type AppConfig = z.infer<typeof AppConfig>;

@worker({ type: 'process', workers: 4, schema: AppConfig })
class HttpWorker extends Worker<AppConfig> {
  readonly #http = createServer((_request, response) => {
    response.end(`Awesome work! From worker ${this.workerId}.\n`);
  });

  override async run(): Promise<void> {
    this.#http.listen(this.config.port, this.config.bind, () => {
      const { port } = this.#http.address() as AddressInfo;
      this.logger.info('listening', { host: this.config.bind, port });
    });
    // On a stop the engine closes the server, and the open requests are answered.
    await this.untilStop();
  }

  override afterDrain(): void {
    // The last answer is sent. Close here what the answers need, such as a pool of database connections.
    this.logger.info('drained');
  }
}

ServerEngine.create(null, HttpWorker, { log: '-' }).run();
