import fc from 'fast-check';
import { isChildMessage, isThreadMessage } from '../../../src/protocol/child-messages';
import {
  decodeBeat,
  decodeMessage,
  encodeBeat,
  encodeMessage,
  LONGEST_MESSAGE_BYTES,
  type ChildMessage,
} from '../../../src/protocol/protocol';
import { isServerMessage } from '../../../src/protocol/server-messages';
import type { ServerMessage } from '../../../src/protocol/server-protocol';
import type { ThreadMessage } from '../../../src/protocol/thread-protocol';

const QUERY = { address: undefined, port: 80, addressType: 4 } as const;

const OF_WORKER: readonly ChildMessage[] = [
  { type: 'running' },
  { type: 'ready' },
  { type: 'ignored_ready' },
  { type: 'stopping' },
  { type: 'handles_term' },
  { type: 'listening' },
  { type: 'closed', connections: 2 },
  { type: 'debugger', url: 'ws://127.0.0.1:1/x', whose: 'stray' },
  { type: 'socket_given_up', id: 0, outcome: 'given' },
  { type: 'socket_closed', key: '4|127.0.0.1|80' },
  { type: 'user_message', id: 1, body: Buffer.from('clone') },
  { type: 'user_message_taken', id: 1 },
  { type: 'user_message_taken', id: 1, problem: 'why' },
];

const OF_THREAD: readonly ThreadMessage[] = [
  ...OF_WORKER,
  { type: 'beat' },
  { type: 'record', text: 'line\n' },
];

const OF_SERVER: readonly ServerMessage[] = [
  { type: 'takes_commands' },
  { type: 'answer', id: 1, result: { ok: true } },
  { type: 'status', id: 1, status: {} as never },
  { type: 'state', state: 'running' },
  {
    type: 'event',
    event: 'workerStarted',
    payload: { group: 'Web', workerId: 0, generation: 1, pid: 5 },
  },
  { type: 'up', tellsFirstRound: true },
  { type: 'first_round', result: { ok: true, replaced: 2, kept: 0, tookMs: 5 } },
  { type: 'failed', reason: 'why', isHopeless: false },
  { type: 'trying', reason: 'why' },
  { type: 'unrecoverable' },
  { type: 'socket', id: 0, query: { ...QUERY, port: 0 }, index: -1 },
  { type: 'socket_dropped', query: { ...QUERY, fd: 3, flags: 1, mode: 0o666 }, index: 0 },
  { type: 'socket_given_up', id: 0, outcome: 'refused' },
  { type: 'socket_path', query: { ...QUERY, address: '/run/x', port: -1, addressType: -1 }, index: 1 },
  { type: 'sockets_let_go', id: 2, forOthers: [{ query: QUERY, index: 0 }] },
];

const OPTIONAL: ReadonlySet<string> = new Set(['tellsFirstRound', 'problem']);

interface Door {
  readonly who: string;
  readonly isMessage: (raw: unknown) => boolean;
  readonly known: readonly { readonly type: string }[];
}

const DOORS: readonly Door[] = [
  { who: 'a worker', isMessage: isChildMessage, known: OF_WORKER },
  { who: 'a thread', isMessage: isThreadMessage, known: OF_THREAD },
  { who: 'a server', isMessage: isServerMessage, known: OF_SERVER },
];

const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true });

describe.each(DOORS)('input from $who', ({ isMessage, known }) => {
  it.each(known)('is a message: %j', (message) => expect(isMessage(message)).toBe(true));

  it('is ignored when it is anything else', () => {
    fc.assert(fc.property(anything, (raw) => expect(isMessage(raw)).toBe(false)));
    for (const type of ['toString', '__proto__', 'constructor', 'reload', '', 5, null])
      expect(isMessage({ type })).toBe(false);
  });

  it('is ignored when a part of it has the wrong type', () => {
    const kinds = (value: unknown): string =>
      Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
    const wrong = fc
      .constantFrom(...known)
      .chain((message) => fc.tuple(fc.constant(message), fc.constantFrom(...Object.keys(message))))
      .chain(([message, part]) =>
        fc
          .oneof(anything, fc.constantFrom(undefined, null, -1, 0.5, NaN, Infinity, [], {}))
          .filter((value) => kinds(value) !== kinds(Reflect.get(message, part)))
          .filter((value) => value !== undefined || !OPTIONAL.has(part))
          .map((value) => ({ ...message, [part]: value })),
      );
    fc.assert(fc.property(wrong, (message) => expect(isMessage(message)).toBe(false)));
  });
});

describe('a message of the program of a worker', () => {
  it('is ignored when it is larger than the maximum, or not bytes', () => {
    const sent = { type: 'user_message', id: 1 };
    expect(isChildMessage({ ...sent, body: Buffer.alloc(LONGEST_MESSAGE_BYTES) })).toBe(true);
    expect(isChildMessage({ ...sent, body: Buffer.alloc(LONGEST_MESSAGE_BYTES + 1) })).toBe(false);
    for (const body of [new Float64Array(2), new DataView(new ArrayBuffer(2)), [1, 2], 'text'])
      expect(isChildMessage({ ...sent, body })).toBe(false);
  });
});

describe('a socket query from another process', () => {
  it.each([
    { port: 65536 },
    { port: -2 },
    { port: 1.5 },
    { port: '80' },
    { address: null },
    { address: {} },
    { addressType: 5 },
    { addressType: 'tcp' },
    { fd: '3' },
    { flags: 0.5 },
    { mode: NaN },
  ])('is ignored when it is %j', (change) => {
    expect(isServerMessage({ type: 'socket', id: 0, query: { ...QUERY, ...change }, index: 0 })).toBe(false);
  });
});

/** As readExactly() does: undefined at the end. */
function readerOf(bytes: Uint8Array): (count: number) => Buffer | undefined {
  let at = 0;
  return (count) => {
    if (at + count > bytes.length) return undefined;
    at += count;
    return Buffer.from(bytes.subarray(at - count, at));
  };
}

describe('the first message to a child', () => {
  const message = fc.dictionary(fc.string(), fc.jsonValue()).map((fields) => ({ ...fields }));

  it('arrives as it was sent, and half of it is ignored', () => {
    fc.assert(
      fc.property(message, fc.nat(), (sent, cut) => {
        const bytes = encodeMessage(sent);
        expect(JSON.stringify(decodeMessage(readerOf(bytes)))).toBe(JSON.stringify(sent));
        expect(decodeMessage(readerOf(bytes.subarray(0, cut % bytes.length)))).toBeUndefined();
      }),
    );
  });
});

describe('a beat in the pipe', () => {
  it('is read after any input, and garbage gives a number or nothing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(2 ** 40), (garbage, rssBytes) => {
        const bytes = Buffer.concat([garbage, encodeBeat({ rssBytes })]);
        expect(Math.abs((decodeBeat(bytes)?.rssBytes ?? 0) - rssBytes)).toBeLessThanOrEqual(512);
        const { rssBytes: read = 0 } = decodeBeat(Buffer.from(garbage)) ?? {};
        expect(Number.isSafeInteger(read) && read >= 0).toBe(true);
      }),
    );
  });
});
