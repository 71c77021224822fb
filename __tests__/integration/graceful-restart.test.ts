import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConnectionWasClosed, keepAliveAgent, request } from '../support/http-clients';
import { openDescriptors } from '../support/processes';
import { startRecorded, type RecordedProgram } from '../support/recorded-program';
import { eventually } from '../support/eventually';
import { reapAfterEach } from '../support/reaping';
import { tempDir } from '../support/temp-dir';

const WORKERS = 2;

async function restarted(program: RecordedProgram, generation: number): Promise<void> {
  program.signal('SIGUSR1');
  await program.recordsOf(WORKERS, { message: ' is running', generation });
}

/** Endless requests with ids, in lanes: a lane sends its next request when the last one is answered. */
class Load {
  answered = 0;
  readonly failures: string[] = [];
  /** Requests whose connection was closed before they arrived. A failure only if a worker had begun one. */
  readonly closedBefore: string[] = [];
  readonly #running: Promise<void>[] = [];
  #isOver = false;
  #ids = 0;

  lanes(count: number, ask: (headers: { readonly 'x-id': string }) => Promise<unknown>): void {
    for (let i = 0; i < count; i += 1) this.#running.push(this.#lane(ask));
  }

  /** Resolves once the last requests are answered. */
  async finish(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#running);
  }

  async #lane(ask: (headers: { readonly 'x-id': string }) => Promise<unknown>): Promise<void> {
    while (!this.#isOver) {
      const id = `request ${String((this.#ids += 1))}`;
      try {
        await ask({ 'x-id': id });
        this.answered += 1;
      } catch (error) {
        if (error instanceof ConnectionWasClosed) this.closedBefore.push(id);
        else this.failures.push(String(error));
      }
    }
  }
}

describe('graceful restarts under load', () => {
  it('lose no request, on kept connections or in slow request bodies', async () => {
    const begun = join(tempDir(), 'begun');
    const program = startRecorded('graceful-http', { config: { workers: WORKERS, begun } });
    const port = await program.port();
    await program.waitForWorkers(WORKERS);
    const load = new Load();
    reapAfterEach(() => load.finish());
    const agent = keepAliveAgent({ sockets: 8 });
    const posts = keepAliveAgent({ sockets: 3 });
    const pieces = ['a'.repeat(1000), 'b'.repeat(1000), 'c'.repeat(1000)];
    load.lanes(5, (headers) => request(port, '/', { agent, headers }));
    load.lanes(2, (headers) => request(port, '/?ms=30', { agent, headers }));
    load.lanes(1, (headers) => request(port, '/stream?ms=30', { agent, headers }));
    load.lanes(3, async (headers) => {
      const { body } = await request(port, '/length', { agent: posts, pieces, pauseMs: 60, headers });
      if (body !== '3000') throw new Error(`the body came as ${body}`);
    });
    for (let generation = 2; generation <= 6; generation += 1) {
      const { answered } = load;
      await restarted(program, generation);
      await eventually(() => load.answered >= answered + 20, 'the workers of the generation have answered');
    }
    await load.finish();
    expect(load.failures).toEqual([]);
    const taken = new Set(readFileSync(begun, 'utf8').split('\n'));
    expect(load.closedBefore.filter((id) => taken.has(id))).toEqual([]);
    expect(await program.stop()).toEqual({ code: 0, signal: null });
    expect(program.problems()).toEqual([]);
  });
});

// The long version is npm run soak.
const RESTARTS = 20;

describe('the number of open descriptors of the server', () => {
  it(`is unchanged after ${String(RESTARTS)} worker restarts`, async () => {
    const program = startRecorded('graceful-http', { config: { workers: WORKERS } });
    await program.waitForWorkers(WORKERS);
    const settled = (): number => openDescriptors(program.pid);
    // The first restart opens descriptors that stay open.
    await restarted(program, 2);
    const before = settled();
    const rounds = RESTARTS / WORKERS;
    for (let generation = 3; generation < 3 + rounds; generation += 1) await restarted(program, generation);
    await eventually(() => settled() <= before, `again ${String(before)} descriptors`);
  }, 160_000);
});
