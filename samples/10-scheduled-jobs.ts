// npm run -s build && node --import tsx samples/10-scheduled-jobs.ts
// Four processes answer on port 9075. A fifth one, in a group of its own, does a job every ten seconds.
// kill -9 it: the next process does that job again. kill -USR1 PID: the next process starts when the job is done.
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServerEngine, Worker, worker } from 'serverengine';
import { z } from 'zod';

const AppConfig = z.object({ port: z.number().default(9075), everyMs: z.number().default(10_000) });
type AppConfig = z.infer<typeof AppConfig>;
const LAST = 'last-job';

@worker({ name: 'web', type: 'process', workers: 4, schema: AppConfig })
class WebWorker extends Worker<AppConfig> {
  override async run(): Promise<void> {
    createServer((_request, response) => response.end('hello\n')).listen(this.config.port, '127.0.0.1');
    await this.untilStop();
  }
}
// It has no port and no standby, so the next one starts when this one has ended: two never work at once.
@worker({ name: 'jobs', type: 'process', schema: AppConfig })
class JobWorker extends Worker<AppConfig> {
  override async run(): Promise<void> {
    for (const every = this.config.everyMs; !this.stopSignal.aborted;) {
      const turn = Math.floor(Date.now() / every);
      // A job that was cut, or missed, has left no mark: it is done at once.
      if (Number(readFileSync(LAST, { encoding: 'utf8', flag: 'a+' })) < turn) {
        this.logger.info('begun', { turn });
        await sleep(1000);
        writeFileSync(LAST, String(turn));
        this.logger.info('done', { turn });
      } else {
        await sleep((turn + 1) * every - Date.now(), undefined, { signal: this.stopSignal }).catch(() => {});
      }
    }
  }
}
ServerEngine.create(null, [WebWorker, JobWorker], { log: '-' }).run();
