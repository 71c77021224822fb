import { setTimeout as sleep } from 'node:timers/promises';
import { keepAliveAgent, request } from '../support/http-clients';
import { openDescriptors } from '../support/processes';
import { start, type Program } from '../support/program';
import { eventually } from '../support/eventually';
import { reapAfterEach } from '../support/reaping';

const WORKERS = 2;

async function restarted(program: Program, generation: number): Promise<void> {
  program.signal('SIGUSR1');
  await program.waitForLines(WORKERS, new RegExp(` is running .*generation=${String(generation)} `));
}

describe('graceful restarts under load', () => {
  it('lose no request: neither on connections that are kept open nor in bodies that come slowly', async () => {
    const program = start('graceful-http', { config: { workers: WORKERS } });
    const port = await program.port();
    await program.waitForWorkers(WORKERS);
    const load = { isOver: false, answered: 0, failures: [] as string[] };
    reapAfterEach(() => {
      load.isOver = true;
    });
    const lane = async (ask: () => Promise<unknown>): Promise<void> => {
      while (!load.isOver) {
        try {
          await ask();
          load.answered += 1;
        } catch (error) {
          load.failures.push(String(error));
        }
      }
    };
    const agent = keepAliveAgent({ sockets: 8 });
    const posts = keepAliveAgent({ sockets: 3 });
    const pieces = ['a'.repeat(1000), 'b'.repeat(1000), 'c'.repeat(1000)];
    const lanes = [
      ...Array.from({ length: 5 }, () => lane(() => request(port, '/', { agent }))),
      ...Array.from({ length: 2 }, () => lane(() => request(port, '/?ms=30', { agent }))),
      lane(() => request(port, '/stream?ms=30', { agent })),
      ...Array.from({ length: 3 }, () =>
        lane(async () => {
          const { body } = await request(port, '/length', { agent: posts, pieces, pauseMs: 60 });
          if (body !== '3000') throw new Error(`the body came as ${body}`);
        }),
      ),
    ];
    for (let generation = 2; generation <= 6; generation += 1) {
      await restarted(program, generation);
      await sleep(200);
    }
    load.isOver = true;
    await Promise.all(lanes);
    expect(load.failures).toEqual([]);
    expect(load.answered).toBeGreaterThan(100);
    expect(await program.stop()).toEqual({ code: 0, signal: null });
    expect(program.matching(/\[(warn|error|fatal)\]/)).toEqual([]);
  });
});

// The long form of it: npm run soak:fds
const RESTARTS = Number(process.env['SOAK_RESTARTS'] ?? 20);

describe('the descriptors of the server', () => {
  it(
    `are as many after ${String(RESTARTS)} worker restarts as before`,
    async () => {
      const program = start('graceful-http', { config: { workers: WORKERS } });
      await program.waitForWorkers(WORKERS);
      const settled = (): number => openDescriptors(program.pid);
      // The first restart opens what stays open.
      await restarted(program, 2);
      const before = settled();
      const rounds = RESTARTS / WORKERS;
      for (let generation = 3; generation < 3 + rounds; generation += 1) await restarted(program, generation);
      await eventually(() => settled() <= before, `again ${String(before)} descriptors`);
    },
    60_000 + RESTARTS * 5000,
  );
});
