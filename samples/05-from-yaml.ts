// npm run -s build && node --import tsx samples/05-from-yaml.ts
// A YAML file for Ruby's ServerEngine starts this engine unchanged: a supervisor, a server, two workers that log.
import { join } from 'node:path';
import { ServerEngine, Worker, fromFile, worker } from 'serverengine';

@worker()
class GreetingWorker extends Worker<{ greeting: string }> {
  override async run(): Promise<void> {
    this.logger.info(this.config.greeting);
    await this.untilStop();
  }

  // Edit the file, then send USR2 to the supervisor: kill -USR2 PID
  override reload(): void {
    this.logger.info(this.config.greeting, { reloaded: true });
  }
}

ServerEngine.create(null, GreetingWorker, fromFile(join(__dirname, '05-serverengine.yml'))).run();
