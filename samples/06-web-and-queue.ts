// npm run -s build && node --import tsx samples/06-web-and-queue.ts
// One engine, two groups of workers: two processes answer on port 9073, and a third one does the jobs of a queue.
// Try: curl http://127.0.0.1:9073/ and kill -USR1 PID
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServerEngine, Worker, worker } from 'serverengine';
import { z } from 'zod';

const AppConfig = z.object({ port: z.number().default(9073), pause: z.number().default(1000) });
type AppConfig = z.infer<typeof AppConfig>;

@worker({ name: 'web', type: 'process', workers: 2, schema: AppConfig })
class WebWorker extends Worker<AppConfig> {
  override async run(): Promise<void> {
    const http = createServer((_request, response) => response.end(`web ${this.workerId}\n`));
    http.listen(this.config.port, '127.0.0.1', () => {
      this.logger.info('listening', { port: (http.address() as AddressInfo).port });
    });
    await this.untilStop();
  }
}

@worker({ name: 'queue', type: 'process', schema: AppConfig })
class QueueWorker extends Worker<AppConfig> {
  override async run(): Promise<void> {
    while (!this.stopSignal.aborted) {
      this.logger.info('job done');
      // A stop does not wait for the end of the pause.
      await sleep(this.config.pause, undefined, { signal: this.stopSignal }).catch(() => {});
    }
  }
}

ServerEngine.create(null, [WebWorker, QueueWorker], {
  log: '-',
  // A worker key applies to all groups. Under groups.NAME, and without its prefix, it applies to one of them.
  groups: { web: { restartStrategy: 'rolling' }, queue: { heartbeatTimeout: '1m' } },
}).run();
