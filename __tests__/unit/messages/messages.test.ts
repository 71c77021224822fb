import fc from 'fast-check';
import { Conversation } from '../../../src/messages/conversation';
import { Inbox } from '../../../src/messages/inbox';
import { decodeBody, encodeBody } from '../../../src/messages/message-body';
import { MOST_WAITING, MOST_WAITING_BYTES, Outbox } from '../../../src/messages/outbox';
import type { MessageResult } from '../../../src/contract/results';
import {
  LONGEST_MESSAGE_BYTES,
  type UserMessage,
  type UserMessageTaken,
} from '../../../src/protocol/protocol';
import { fakeLogger } from '../contract/fake-logger';

/** A text that matches. */
const matching = (pattern: string | RegExp): unknown => expect.stringMatching(pattern);

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function refusalOf(message: unknown): unknown {
  try {
    encodeBody(message);
  } catch (error) {
    return error;
  }
  throw new Error('it was taken');
}

describe('a message', () => {
  it('is the structured clone of what was sent', () => {
    const data = fc.anything({
      withBigInt: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
    });
    // An invalid date equals no other.
    const date = fc.date({ noInvalidDate: true });
    fc.assert(
      fc.property(fc.oneof(data, fc.array(fc.record({ date, data }))), (message) =>
        expect(decodeBody(encodeBody(message))).toEqual({ message }),
      ),
      { numRuns: 200 },
    );
  });

  it('is never decoded from garbage, and garbage throws nothing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, hasHeader) => {
        const body = hasHeader ? Uint8Array.from([0xff, 0x0f, ...bytes]) : bytes;
        const decoded = decodeBody(body);
        expect(decoded === undefined || 'message' in decoded).toBe(true);
      }),
    );
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.nat(), (text, cut) => {
        const body = encodeBody({ text });
        expect(decodeBody(body.subarray(0, cut % body.length))).toBeUndefined();
      }),
    );
  });

  it.each([
    [() => {}, /^message must be plain data, because a message is a copy, got \[Function/],
    [{ on: { end: () => {} } }, /^message\.on\.end must be plain data.* got \[Function: end\]/],
    [[1, Symbol('x')], /^message\[1\] must be plain data.* got Symbol\(x\)/],
    [{ job: Promise.resolve() }, /^message\.job must be plain data.* got \[Promise\]/],
    [{ port: new MessageChannel().port1 }, /^message\.port must be plain data.* got \[MessagePort/],
  ])('that cannot be cloned gives an error with the place and the cure: %#', (message, expected) => {
    expect(refusalOf(message)).toMatchObject({
      code: 'ERR_MESSAGE',
      message: matching(expected),
    });
    expect(refusalOf(message)).toMatchObject({
      message: matching(/Send what the receiver needs/),
    });
  });

  it('may have at most 4 MB', () => {
    const overhead =
      encodeBody(new Uint8Array(LONGEST_MESSAGE_BYTES / 2)).byteLength - LONGEST_MESSAGE_BYTES / 2;
    expect(encodeBody(new Uint8Array(LONGEST_MESSAGE_BYTES - 2 * overhead)).byteLength).toBeLessThanOrEqual(
      LONGEST_MESSAGE_BYTES,
    );
    expect(refusalOf(new Uint8Array(LONGEST_MESSAGE_BYTES))).toMatchObject({
      code: 'ERR_MESSAGE',
      message: matching(/may have 4194304 bytes, this one has 41943\d\d\. Put the data into a file/),
    });
  });
});

function outbox() {
  const posted: UserMessage[] = [];
  const full: unknown[] = [];
  const box = new Outbox({
    receiver: () => 'worker 0',
    post: (message) => posted.push(message),
    onFull: (waiting) => full.push(waiting),
  });
  return { box, posted, full };
}

describe('messages that wait for a receiver', () => {
  it('never exceed the limit, and each send has one answer', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('send' as const), bytes: fc.nat(6) }),
      fc.record({ kind: fc.constant('answer' as const), id: fc.nat(40), fails: fc.boolean() }),
      fc.constant({ kind: 'close' as const }),
    );
    const megabytes = Array.from({ length: 7 }, (_, size) => new Uint8Array(size * 1024 * 1024));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { box, posted } = outbox();
        const answers: MessageResult[] = [];
        const waiting = new Map<number, number>();
        let sent = 0;
        let isClosed = false;
        for (const one of steps) {
          if (one.kind === 'send') {
            const before = posted.length;
            sent += 1;
            void box.send(megabytes[one.bytes]!).then((answer) => answers.push(answer));
            const message = posted[before];
            if (message) waiting.set(message.id, message.body.byteLength);
          } else if (one.kind === 'answer') {
            box.answered({ type: 'user_message_taken', id: one.id, ...(one.fails && { problem: 'why' }) });
            waiting.delete(one.id);
          } else {
            box.close('worker 0 has ended');
            waiting.clear();
            isClosed = true;
          }
          const bytes = [...waiting.values()].reduce((sum, size) => sum + size, 0);
          expect(bytes).toBeLessThanOrEqual(MOST_WAITING_BYTES);
          if (isClosed) expect(waiting.size).toBe(0);
        }
        box.close('worker 0 has ended');
        await turn();
        expect(answers).toHaveLength(sent);
        for (const { ok, reason } of answers) expect(ok).toBe(reason === undefined);
      }),
      // Each copies some 100 MB.
      { numRuns: 40 },
    );
  });

  it('are limited in number: a refusal has a reason, and is logged once', async () => {
    const { box, posted, full } = outbox();
    const body = encodeBody('x');
    for (let sent = 0; sent < MOST_WAITING; sent += 1) void box.send(body);
    const refused = await box.send(body);
    expect(refused).toEqual({
      ok: false,
      reason: `worker 0 has not handled 10000 earlier messages (${body.byteLength * 10_000} bytes)`,
    });
    await box.send(body);
    expect(full).toEqual([{ messages: 10_000, bytes: body.byteLength * 10_000 }]);
    box.answered({ type: 'user_message_taken', id: 1 });
    void box.send(body);
    expect(posted).toHaveLength(MOST_WAITING + 1);
    // Full again, without having been half empty.
    await box.send(body);
    expect(full).toHaveLength(1);
    for (let id = 1; id <= MOST_WAITING; id += 1) box.answered({ type: 'user_message_taken', id });
    for (let sent = 0; sent < MOST_WAITING; sent += 1) void box.send(body);
    expect(full).toHaveLength(2);
  });
});

describe('received messages', () => {
  it('wait for the hook, keep their order, and are answered, for any content', async () => {
    const answers: UserMessageTaken[] = [];
    const failures: unknown[] = [];
    const box = new Inbox({
      answer: (message) => answers.push(message),
      onFailed: (error) => failures.push(error),
    });
    const taken: unknown[] = [];
    const call = (message: unknown): unknown => {
      taken.push(message);
      if (message === 'throws') throw new Error('broken');
      if (message === 'rejects') return Promise.reject(new Error('broken later'));
      return undefined;
    };
    box.receive({ type: 'user_message', id: 1, body: encodeBody('early') });
    box.receive({ type: 'user_message', id: 2, body: Uint8Array.from([1, 2, 3]) });
    expect(taken).toEqual([]);
    box.open(() => ({ owner: 'Echo', call }));
    box.receive({ type: 'user_message', id: 3, body: encodeBody('throws') });
    box.receive({ type: 'user_message', id: 4, body: encodeBody('rejects') });
    await turn();
    expect(taken).toEqual(['early', 'throws', 'rejects']);
    expect(failures).toHaveLength(2);
    expect(answers.sort((a, b) => a.id - b.id)).toEqual([
      { type: 'user_message_taken', id: 1 },
      { type: 'user_message_taken', id: 2, problem: 'the message could not be read' },
      { type: 'user_message_taken', id: 3, problem: 'onMessage() of Echo failed: broken' },
      { type: 'user_message_taken', id: 4, problem: 'onMessage() of Echo failed: broken later' },
    ]);
  });
});

describe('a conversation', () => {
  it('works in both directions', async () => {
    const logger = fakeLogger();
    const server: Conversation = new Conversation({
      peer: () => 'worker 0',
      post: (message) => setImmediate(() => worker.receive(message)),
      logger,
    });
    const worker: Conversation = new Conversation({
      peer: () => 'the server',
      post: (message) => setImmediate(() => server.receive(message)),
      logger,
    });
    server.open(() => ({ owner: 'MyServer', call: undefined }));
    const heard: unknown[] = [];
    worker.open(() => ({ owner: 'Echo', call: (message) => heard.push(message) }));
    expect(await server.send(encodeBody({ a: 1 }))).toEqual({ ok: true });
    expect(heard).toEqual([{ a: 1 }]);
    expect(await worker.send(encodeBody(1))).toEqual({ ok: false, reason: 'MyServer has no onMessage()' });
    const under = server.send(encodeBody(2));
    server.close('worker 0 has ended');
    expect(await under).toEqual({ ok: false, reason: 'worker 0 has ended' });
    expect(await server.send(encodeBody(3))).toEqual({ ok: false, reason: 'worker 0 has ended' });
    expect(logger.error).not.toHaveBeenCalled();
  });
});
