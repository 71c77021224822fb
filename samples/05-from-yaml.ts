// npm run -s build && node --import tsx samples/05-from-yaml.ts
// A YAML file as Ruby's ServerEngine reads it starts our engine unchanged: a supervisor, a server, two workers that log.
import { join } from 'node:path';
import { ServerEngine, Worker, fromFile, worker } from 'serverengine';

@worker()
class GreetingWorker extends Worker<{ greeting: string }> {
  override async run(): Promise<void> {
    this.logger.info(this.config.greeting);
    await this.untilStop();
  }

  // kill -USR2 the supervisor after editing the file.
  override reload(): void {
    this.logger.info(this.config.greeting, { reloaded: true });
  }
}

ServerEngine.create(null, GreetingWorker, fromFile(join(__dirname, '05-serverengine.yml'))).run();
