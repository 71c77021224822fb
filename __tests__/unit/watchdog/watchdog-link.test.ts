import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { NoJavaScriptRuns } from '../../../src/hang/no-stack';
import { WatchdogLink } from '../../../src/watchdog/watchdog-link';

const FRAME = { functionName: 'spin', file: '/app/web.js', line: 7, column: 3 };

/** A watchdog that answers each question with these bytes, in pieces of this length. */
function watchdog(answer: string, piece = Infinity) {
  const asked: string[] = [];
  const stream: Duplex = new Duplex({
    read: () => {},
    write: (question: Buffer, _encoding, done) => {
      asked.push(question.toString());
      for (let at = 0; at < answer.length; at += piece) stream.push(answer.slice(at, at + piece));
      done();
    },
  });
  return { stream, asked };
}

function capture(stream: unknown, more: object = {}): Promise<unknown> {
  const request = { signal: new AbortController().signal, kernel: undefined, ...more };
  return new WatchdogLink(stream).capture(request as never);
}

describe(WatchdogLink, () => {
  it.each([Infinity, 1, 7])('asks once and resolves with the frames, in pieces of %d', async (piece) => {
    const { stream, asked } = watchdog(`${JSON.stringify({ frames: [FRAME] })}\n`, piece);
    expect(await capture(stream)).toEqual([FRAME]);
    expect(asked).toEqual(['stack\n']);
  });

  it.each([
    ['no JavaScript runs', true, NoJavaScriptRuns],
    ['another reason', false, Error],
  ])('rejects with the error of the watchdog: %s', async (error, isUnreachable, type) => {
    const { stream } = watchdog(`${JSON.stringify({ error, isUnreachable })}\n`);
    const thrown: unknown = await capture(stream).catch((reason: unknown) => reason);
    expect((thrown as Error).constructor).toBe(type);
    expect((thrown as Error).message).toContain(error);
  });

  it.each(['T', 't'])('does not ask a process that is stopped (%s)', async (state) => {
    const { stream, asked } = watchdog('');
    await expect(capture(stream, { kernel: { state } })).rejects.toBeInstanceOf(NoJavaScriptRuns);
    expect(asked).toEqual([]);
  });

  it('says so when there is no watchdog, or its stream is gone', async () => {
    const gone = watchdog('').stream.destroy();
    for (const stream of [undefined, null, {}, gone])
      await expect(capture(stream)).rejects.toThrow('it was started without a watchdog thread');
  });

  it('stops waiting when its caller does, and survives the reset of the stream', async () => {
    const { stream } = watchdog('');
    const caller = new AbortController();
    const answer = capture(stream, { signal: caller.signal });
    caller.abort(new Error('too late'));
    await expect(answer).rejects.toThrow('too late');
    stream.destroy(new Error('reset'));
    await new Promise((resolve) => stream.once('close', resolve));
  });

  it('takes whatever a worker writes as an answer without sense', async () => {
    const line = fc.oneof(
      fc.string().map((text) => text.replaceAll('\n', ' ')),
      fc.json().map((text) => text.replaceAll('\n', ' ')),
      fc.constantFrom(
        '{"frames":7}',
        '{"frames":[null]}',
        '{"frames":[{"line":"7"}]}',
        '{"error":1}',
        'null',
      ),
    );
    await fc.assert(
      fc.asyncProperty(line, async (text) => {
        const thrown: unknown = await capture(watchdog(`${text}\n`).stream).catch((error: unknown) => error);
        expect((thrown as Error).message).toBe('its watchdog thread gave no sensible answer');
      }),
    );
  });
});
