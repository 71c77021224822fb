import type { Command, ResultOf } from '../commands/command';
import type { EngineStatus } from '../contract/status';
import { ControlClient } from '../control/control-client';

const CONNECT_MS = 5000;

/** The connection to a test engine: its control socket. */
export class EngineContact {
  readonly #path: string;
  readonly #listeners = new Set<() => void>();
  #client: ControlClient | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Calls back when something has happened in the engine. Returns a function that ends that. */
  onNews(callback: () => void): () => void {
    this.#listeners.add(callback);
    return () => this.#listeners.delete(callback);
  }

  /** Undefined: it does not answer, or not yet. */
  async status(limitMs: number): Promise<EngineStatus | undefined> {
    try {
      return await (await this.#connected()).ask({ request: 'status' }, limitMs);
    } catch {
      this.close();
      return undefined;
    }
  }

  /** @throws ControlError (as a rejection) */
  async submit<C extends Command>(command: C, limitMs: number): Promise<ResultOf<C>> {
    return (await this.#connected()).submit(command, limitMs);
  }

  close(): void {
    this.#client?.close();
    this.#client = undefined;
  }

  async #connected(): Promise<ControlClient> {
    if (this.#client) return this.#client;
    const client = await ControlClient.connect(this.#path, CONNECT_MS);
    this.#client = client;
    void client.closed.then(() => {
      if (this.#client === client) this.#client = undefined;
      this.#tell();
    });
    await client.subscribe(() => this.#tell(), CONNECT_MS);
    return client;
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
