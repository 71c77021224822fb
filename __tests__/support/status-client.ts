import http from 'node:http';
import { text } from 'node:stream/consumers';
import { reapAfterEach } from './reaping';

export interface StatusAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface StatusRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Asks the status server of an engine, at host:port or at the path of a unix socket, on a new connection each time. */
export class StatusClient {
  readonly address: string;
  readonly #where: http.RequestOptions;

  constructor(address: string) {
    this.address = address;
    const at = address.lastIndexOf(':');
    this.#where = address.includes('/')
      ? { socketPath: address }
      : { host: address.slice(0, at), port: Number(address.slice(at + 1)) };
  }

  ask(path: string, { method = 'GET', headers = {}, body }: StatusRequest = {}): Promise<StatusAnswer> {
    return new Promise((resolve, reject) => {
      const options = { ...this.#where, path, method, agent: false as const };
      const asked = http.request({ ...options, headers: { host: 'localhost', ...headers } });
      asked.on('error', reject);
      asked.on('response', (response) => {
        const { statusCode: status = 0 } = response;
        text(response).then((answer) => resolve({ status, headers: response.headers, body: answer }), reject);
      });
      asked.end(body);
    });
  }

  async json<T>(path: string): Promise<T> {
    return JSON.parse((await this.ask(path)).body) as T;
  }

  /** With a token. */
  act(
    name: string,
    token: string,
    given: object,
    headers: Record<string, string> = {},
  ): Promise<StatusAnswer> {
    const own = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    return this.ask(`/actions/${name}`, {
      method: 'POST',
      headers: { ...own, ...headers },
      body: JSON.stringify(given),
    });
  }

  /** The value of a metric with these labels; undefined if there is none. */
  async metric(series: string): Promise<number | undefined> {
    const { body } = await this.ask('/metrics');
    const line = body.split('\n').find((one) => one.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.slice(series.length + 1));
  }

  /** The events that open pages get, as they come. Ends with the test. */
  follow(): { readonly text: () => string } {
    let said = '';
    const asked = http.get(
      { ...this.#where, path: '/events', agent: false, headers: { host: 'localhost' } },
      (response) => {
        response.setEncoding('utf8').on('data', (chunk: string) => {
          said += chunk;
        });
      },
    );
    asked.on('error', () => {});
    reapAfterEach(() => void asked.destroy());
    return { text: () => said };
  }
}
