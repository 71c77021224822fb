// npm run -s build && node --import tsx samples/09-http-api/server.ts
// Two processes serve an HTTP API on port 9074 from PostgreSQL: SERVERENGINE_DATABASE=postgres://… Metrics: curl 127.0.0.1:9174/metrics
// kill -USR1 PID replaces both processes: no request fails, and each closes its connections to the database after its last answer.
import { Server, ServerEngine, Worker, server, worker } from 'serverengine';
import { z } from 'zod';
import { createApp } from './app';
import { PostgresNotes } from './notes';

const AppConfig = z.object({
  port: z.number().default(9074),
  database: z.string().default('postgres://127.0.0.1:5432/notes'),
  connectionsPerWorker: z.number().default(5),
});
type AppConfig = z.infer<typeof AppConfig>;

@server({ schema: AppConfig, statusListen: '127.0.0.1:9174' })
class ApiServer extends Server<AppConfig> {
  // Once, before the first worker. If the database cannot be reached, the start fails, and the log says why.
  override async beforeRun(): Promise<void> {
    const notes = new PostgresNotes(this.config.database, 1);
    await notes.createTable();
    await notes.close();
  }
}

@worker({ name: 'api', type: 'process', workers: 2, ready: 'listening' })
class ApiWorker extends Worker<AppConfig, ApiServer> {
  readonly #notes = new PostgresNotes(this.config.database, this.config.connectionsPerWorker);
  readonly #app = createApp(this.#notes);

  override async run(): Promise<void> {
    // A worker without a database does not become ready, so a rolling restart halts and the old ones stay.
    await this.#notes.ping();
    const address = await this.#app.listen({ port: this.config.port, host: '127.0.0.1' });
    this.logger.info('listening', { address });
    await this.untilStop();
  }

  // The last response is sent.
  override async afterDrain(): Promise<void> {
    await this.#app.close();
    await this.#notes.close();
    this.logger.info('the connections to the database are closed');
  }
}

ServerEngine.create(ApiServer, ApiWorker, { log: '-' }).run();
