// npm run -s build && node --import tsx samples/02-multi-process.ts
// Four processes log 'Awesome work!' with their worker ids. Kill one with kill -9, and another takes its place.
import { setTimeout as sleep } from 'node:timers/promises';
import { ServerEngine, Worker, worker } from 'serverengine';

@worker({ type: 'process', workers: 4 })
class LoggingWorker extends Worker {
  override async run(): Promise<void> {
    while (!this.stopSignal.aborted) {
      this.logger.info('Awesome work!', { round: this.#round++ });
      await sleep(1000, undefined, { signal: this.stopSignal }).catch(() => {});
    }
  }

  override stop(): void {
    this.logger.info('stopping', { rounds: this.#round });
  }

  #round = 0;
}

// null: a plain server, without a class of your own.
ServerEngine.create(null, LoggingWorker, { log: '-' }).run();
