// npm run -s build && node --import tsx samples/07-syslog-collector.ts
// Four processes append what comes to port 9514 by UDP and TCP to syslog.out. Try: logger -n 127.0.0.1 -P 9514 -d hello
// Rotate: mv syslog.out syslog.1 && kill -USR2 PID. Replace the workers: kill -USR1 PID, and the server: kill -URG PID.
import { createSocket } from 'node:dgram';
import { closeSync, openSync, writeSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { ServerEngine, Worker, worker } from 'serverengine';
import { z } from 'zod';

const AppConfig = z.object({ port: z.number().default(9514), file: z.string().default('syslog.out') });

@worker({ name: 'syslog', type: 'process', workers: 4, schema: AppConfig })
class SyslogWorker extends Worker<z.infer<typeof AppConfig>> {
  readonly #senders = new Set<Socket>();
  #file = openSync(this.config.file, 'a');

  override async run(): Promise<void> {
    createSocket('udp4', (datagram) => this.#keep(datagram.toString())).bind(this.config.port, '127.0.0.1');
    createServer((sender) => {
      this.#senders.add(sender.on('error', () => {}).on('close', () => this.#senders.delete(sender)));
      createInterface(sender).on('line', (line) => this.#keep(line));
    }).listen(this.config.port, '127.0.0.1');
    await this.untilStop();
  }
  override stop(): void {
    // Senders learn that they must connect again. What they still send is read until they do.
    for (const sender of this.#senders) sender.end();
  }
  override reload(): void {
    closeSync(this.#file);
    this.#file = openSync(this.config.file, 'a');
  }
  #keep(line: string): void {
    writeSync(this.#file, `${line.trimEnd()}\n`);
  }
}
const live = { supervisor: true, enableDetach: true, signalDetach: 'URG', serverDetachWait: '1s' };
ServerEngine.create(null, SyslogWorker, { log: '-', ...live }).run();
