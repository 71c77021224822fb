// npm run -s build && node --import tsx samples/01-simplest-worker.ts
// Logs 'Awesome work!' once a second, from one process, until Ctrl-C.
import { setTimeout as sleep } from 'node:timers/promises';
import { ServerEngine, Worker, worker } from 'serverengine';

@worker()
class SimplestWorker extends Worker {
  override async run(): Promise<void> {
    while (!this.stopSignal.aborted) {
      this.logger.info('Awesome work!');
      await sleep(1000, undefined, { signal: this.stopSignal }).catch(() => {});
    }
  }
}

ServerEngine.create(null, SimplestWorker, { log: '-' }).run();
