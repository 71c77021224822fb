// The classes are in a file that runs nothing, so that a test can import them.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, Worker, server, worker } from 'serverengine';

export interface HelloConfig {
  readonly port: number;
  readonly greeting: string;
}

@server()
export class HelloServer extends Server<HelloConfig, { readonly greeting: string }> {}

@worker({ name: 'web', type: 'process', workers: 2 })
export class HelloWorker extends Worker<HelloConfig, HelloServer> {
  #greeting = this.config.greeting;

  override async run(): Promise<void> {
    const http = createServer((_request, response) => {
      response.end(`${this.#greeting} from worker ${this.workerId}\n`);
    });
    http.listen(this.config.port, '127.0.0.1', () => {
      this.logger.info('listening', { port: (http.address() as AddressInfo).port });
    });
    await this.untilStop();
  }

  override onMessage({ greeting }: { readonly greeting: string }): void {
    this.#greeting = greeting;
    this.logger.info('greeting changed', { greeting });
  }
}
