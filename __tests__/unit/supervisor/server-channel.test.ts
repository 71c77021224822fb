import { EventEmitter } from 'node:events';
import { FakeClock } from '../../../src/testing/fake-clock';
import { Deferred } from '../../../src/common/deferred';
import { loadConfig } from '../../../src/config/load';
import { ServerChannel } from '../../../src/supervisor/server-channel';
import type { ServerMessage, SupervisorMessage } from '../../../src/protocol/server-protocol';

interface Sent {
  readonly message: SupervisorMessage;
}

function setUp(raw: object = {}, isConnected = true) {
  const clock = new FakeClock();
  const sent: SupervisorMessage[] = [];
  const signals: string[] = [];
  const words: string[] = [];
  const [firstBeat, exited] = [
    new Deferred<undefined>(),
    new Deferred<{ code: number | null; signal: NodeJS.Signals | null }>(),
  ];
  const child = Object.assign(new EventEmitter(), {
    pid: 7,
    connected: isConnected,
    stdin: { writable: true, write: (text: string) => void words.push(text) },
    send: ({ message }: Sent, done: (error: Error | null) => void) => {
      sent.push(message);
      done(null);
    },
  });
  const channel = new ServerChannel({
    monitor: {
      child: child as never,
      pid: 7,
      firstBeat: firstBeat.wait().then(() => {}),
      exited: exited.wait(),
      signal: (signal) => void signals.push(signal),
    },
    engine: loadConfig({ raw: { supervisor: true, ...raw }, env: {} }).engine,
    clock,
  });
  const receive = (message: ServerMessage): void => channel.receive(message);
  return {
    channel,
    clock,
    sent,
    signals,
    words,
    firstBeat,
    exited,
    receive,
    settle: () => clock.advanceAsync(0),
  };
}

const scale = { kind: 'scale', to: 3 } as const;
const scaled = { ok: true, from: 2, to: 3 };

describe(ServerChannel, () => {
  it('keeps commands until the server takes them, and resolves with its answers in any order', async () => {
    const { channel, sent, receive, settle } = setUp();
    const [first, second] = [channel.submit(scale), channel.submit({ kind: 'dump' })];
    await settle();
    expect(sent).toEqual([]);
    receive({ type: 'takes_commands' });
    await settle();
    expect(sent).toEqual([
      { type: 'command', id: 1, command: scale },
      { type: 'command', id: 2, command: { kind: 'dump' } },
    ]);
    receive({ type: 'answer', id: 2, result: { ok: true } });
    receive({ type: 'answer', id: 1, result: scaled });
    // Twice, and one for no request.
    receive({ type: 'answer', id: 1, result: { ok: false } });
    expect(await first).toEqual(scaled);
    expect(await second).toEqual({ ok: true });
  });

  it('delivers what needs no answer at once, and not to a server of another version', async () => {
    const wanted = { type: 'events', areWanted: true } as const;
    const { channel, sent, receive } = setUp();
    channel.tell(wanted);
    expect(sent).toEqual([]);
    receive({ type: 'takes_commands' });
    expect(sent).toEqual([wanted]);
    const old = setUp();
    old.channel.tell(wanted);
    old.receive({ type: 'up' });
    expect(old.sent).toEqual([]);
  });

  it('answers for a server that ends, also later commands', async () => {
    const { channel, exited, receive, sent } = setUp();
    receive({ type: 'takes_commands' });
    const open = channel.submit({ kind: 'reload' });
    exited.settle({ code: null, signal: 'SIGKILL' });
    const reason = 'the server process ended with signal SIGKILL before it answered';
    expect(await open).toEqual({ ok: false, reason, changed: [], needsRestart: [] });
    expect(await channel.submit(scale)).toEqual({ ok: false, reason, from: 0, to: 0 });
    expect(sent).toHaveLength(1);
  });

  it('answers for a server that ends during its boot', async () => {
    const { channel, exited } = setUp();
    const open = channel.submit({ kind: 'dump' });
    exited.settle({ code: 1, signal: null });
    expect(await open).toEqual({
      ok: false,
      reason: 'the server process ended with status 1 before it answered',
    });
  });

  it.each([
    [
      'sends something else first',
      ({ receive }: ReturnType<typeof setUp>) => {
        receive({ type: 'up' });
        return Promise.resolve();
      },
    ],
    [
      'only sends heartbeats',
      async ({ firstBeat, clock, settle }: ReturnType<typeof setUp>) => {
        firstBeat.settle(undefined);
        await settle();
        await clock.advanceAsync(1000);
      },
    ],
  ])('uses signals for a server of another version that %s', async (_how, begin) => {
    const set = setUp();
    const restart = set.channel.submit({ kind: 'restart', graceful: true });
    await begin(set);
    expect(await restart).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/by signal, which has no answer/) as string,
    });
    expect(set.signals).toEqual(['SIGUSR1']);
    expect(await set.channel.submit(scale)).toMatchObject({
      reason: 'the server process cannot get this command: it takes no messages, and no signal means it',
    });
    expect(await set.channel.status()).toBeUndefined();
    expect(set.sent).toEqual([]);
  });

  it('falls back to signals, or to words, when the channel is broken', async () => {
    const broken = setUp({}, false);
    broken.receive({ type: 'takes_commands' });
    await broken.channel.submit({ kind: 'detach' });
    expect(broken.signals).toEqual(['SIGINT']);
    const words = setUp({ commandSender: 'pipe' }, false);
    words.receive({ type: 'takes_commands' });
    await words.channel.submit({ kind: 'detach' });
    expect([words.words, words.signals]).toEqual([['DETACH\n'], []]);
  });

  it('waits two seconds for a status', async () => {
    const { channel, clock, receive, settle, sent } = setUp();
    expect(await channel.status()).toBeUndefined();
    receive({ type: 'takes_commands' });
    const silent = channel.status();
    await clock.advanceAsync(2000);
    expect(await silent).toBeUndefined();
    const asked = channel.status();
    await settle();
    const status = { state: 'running' } as never;
    receive({ type: 'status', id: 2, status });
    expect(await asked).toBe(status);
    expect(sent).toEqual([
      { type: 'status', id: 1 },
      { type: 'status', id: 2 },
    ]);
    expect(clock.pending).toBe(0);
  });
});
