import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import type { Command, CommandTarget } from '../../../src/commands/command';
import { PIPE_WORDS } from '../../../src/commands/pipe-words';
import { readCommandPipe } from '../../../src/engine/command-pipe';
import { FakeClock } from '../../../src/testing/fake-clock';
import { fakeLogger } from '../contract/fake-logger';

function setUp() {
  const logger = fakeLogger();
  const clock = new FakeClock();
  const commands: Command[] = [];
  const stdin = new PassThrough();
  const target = {
    submit: (command: Command) => {
      commands.push(command);
      return Promise.resolve({ ok: true });
    },
  } as unknown as CommandTarget;
  const stop = readCommandPipe({ target, logger, stdin, clock });
  const give = (bytes: Uint8Array | string): void => void stdin.emit('data', Buffer.from(bytes));
  return { logger, clock, commands, stdin, stop, give };
}

describe('the command pipe', () => {
  it('obeys its words in any chunks, between any other bytes', () => {
    const words = [...PIPE_WORDS.keys()];
    // No line of the noise is a word.
    const noise = fc.uint8Array({ maxLength: 30 }).map((bytes) => bytes.filter((byte) => byte > 127));
    const line = fc.oneof(
      fc.constantFrom(...words).map((word) => ({ bytes: Buffer.from(` ${word.toLowerCase()}\r`), word })),
      noise.map((bytes) => ({ bytes: Buffer.from(bytes), word: undefined })),
    );
    fc.assert(
      fc.property(fc.array(line), fc.integer({ min: 1, max: 9 }), (lines, size) => {
        const { commands, give } = setUp();
        const all = Buffer.concat(lines.flatMap(({ bytes }) => [bytes, Buffer.from('\n')]));
        for (let at = 0; at < all.length; at += size) give(all.subarray(at, at + size));
        const wanted = lines.flatMap(({ word }) => (word === undefined ? [] : PIPE_WORDS.get(word)!));
        expect(commands).toEqual(wanted);
      }),
    );
  });

  it('lists the valid words for an unknown one, in at most one log record a second', () => {
    const { logger, clock, commands, give } = setUp();
    for (let i = 0; i < 1000; i += 1) give('nonsense\n');
    expect(logger.warn.mock.calls).toEqual([
      ['unknown command on the command pipe', { got: 'nonsense', allowed: [...PIPE_WORDS.keys()] }],
    ]);
    clock.advance(1000);
    give('x'.repeat(10_000_000));
    give('\nRELOAD\n');
    expect(logger.warn).toHaveBeenCalledTimes(2);
    expect(logger.warn.mock.calls[1]![1]).toMatchObject({ got: 'x'.repeat(50), untold: 999 });
    expect(commands).toEqual([{ kind: 'reload' }]);
  });

  it('treats the end of input as the end of the last line, and reads nothing after its stop', async () => {
    const { commands, stdin, stop, give } = setUp();
    give('DUMP');
    stdin.emit('end');
    expect(commands).toEqual([{ kind: 'dump' }]);
    stop();
    give('RELOAD\n');
    expect(commands).toHaveLength(1);
  });
});
