import * as fc from 'fast-check';
import { CommandQueue } from '../../../src/commands/command-queue';
import type { AnyResult, Command } from '../../../src/commands/command';
import { fakeLogger } from '../contract/fake-logger';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const soft: Command = { kind: 'restart', graceful: true };
const hard: Command = { kind: 'restart', graceful: false };

function setUp(carryOut: (command: Command, batch: number) => AnyResult | Promise<AnyResult>, wait = turn) {
  const logger = fakeLogger();
  const done: Command[] = [];
  let batches = 0;
  const queue = new CommandQueue<number>({
    prepare: async () => {
      await wait();
      return (batches += 1);
    },
    carryOut: (command, batch) => {
      done.push(command);
      return carryOut(command, batch);
    },
    logger,
  });
  return { queue, logger, done, batches: () => batches };
}

describe(CommandQueue, () => {
  it('performs merged commands once, and answers each sender', async () => {
    const result = { ok: true, outcome: 'held', replaced: 2, kept: 0, tookMs: 1 } as const;
    const { queue, done } = setUp(() => result);
    const answers = await Promise.all([queue.submit(soft), queue.submit(hard), queue.submit(soft)]);
    expect(done).toEqual([hard]);
    expect(answers).toEqual([result, result, result]);
  });

  it('keeps commands for the next batch while a batch is prepared', async () => {
    const { queue, batches } = setUp((_command, batch) => ({ ok: true, reason: String(batch) }));
    const first = queue.submit({ kind: 'reload' });
    await turn();
    const second = queue.submit({ kind: 'reload' });
    expect([(await first).reason, (await second).reason]).toEqual(['1', '2']);
    expect(batches()).toBe(2);
  });

  it('starts a command without waiting for the end of another', async () => {
    const { queue } = setUp(({ kind }) => (kind === 'stop' ? new Promise(() => {}) : { ok: true }));
    void queue.submit({ kind: 'stop', graceful: true });
    await expect(queue.submit({ kind: 'dump' })).resolves.toEqual({ ok: true });
  });

  it.each([
    [
      'throws',
      (): AnyResult => {
        throw new Error('broken');
      },
    ],
    ['rejects', (): Promise<AnyResult> => Promise.reject(new Error('broken'))],
  ])('answers and logs a command that %s', async (_how, carryOut) => {
    const { queue, logger } = setUp(carryOut);
    const answer = await queue.submit({ kind: 'scale', to: 3 });
    expect(answer).toEqual({ ok: false, reason: 'broken', from: 0, to: 0 });
    expect(logger.error).toHaveBeenCalledWith('command scale failed; this process goes on', {
      error: new Error('broken'),
    });
  });

  it('answers every open, waiting and later command at its end', async () => {
    const { queue, done } = setUp(() => new Promise(() => {}));
    const open = queue.submit({ kind: 'stop', graceful: true });
    await turn();
    await turn();
    const waiting = queue.submit({ kind: 'dump' });
    queue.close(({ kind }) => ({ ok: kind === 'stop', reason: kind }));
    queue.close(() => ({ ok: true, reason: 'the second end' }));
    const late = queue.submit({ kind: 'reload' });
    expect(await Promise.all([open, waiting, late])).toEqual([
      { ok: true, reason: 'stop' },
      { ok: false, reason: 'dump' },
      { ok: false, reason: 'reload' },
    ]);
    await turn();
    expect(done).toEqual([{ kind: 'stop', graceful: true }]);
  });

  it('answers each command exactly once, in any order of arrivals and ends', async () => {
    const commands: readonly Command[] = [
      soft,
      hard,
      { kind: 'stop', graceful: true },
      { kind: 'reload' },
      { kind: 'scale', by: 1 },
      { kind: 'dump' },
    ];
    const step = fc.oneof(
      fc.record({
        submit: fc.constantFrom(...commands),
        fate: fc.constantFrom('answers', 'throws', 'hangs'),
      }),
      fc.constant('turn' as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const fates: string[] = [];
        const { queue } = setUp(() => {
          const fate = fates.shift() ?? 'answers';
          if (fate === 'throws') throw new Error('broken');
          return fate === 'hangs' ? new Promise(() => {}) : { ok: true };
        });
        const answers: number[] = [];
        for (const one of steps) {
          if (one === 'turn') {
            await turn();
            continue;
          }
          fates.push(one.fate);
          const index = answers.push(0) - 1;
          void queue.submit(one.submit).then(() => (answers[index] = (answers[index] ?? 0) + 1));
        }
        queue.close(() => ({ ok: false }));
        await turn();
        expect(answers.every((times) => times === 1)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});
