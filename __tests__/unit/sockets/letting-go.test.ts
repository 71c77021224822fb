import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SocketQuery } from '../../../src/common/socket-query';
import { ECANCELED, type HeldSocket } from '../../../src/sockets/held-socket';
import { RemoteSockets, type RemoteAnswer } from '../../../src/sockets/remote-sockets';
import { SocketRegistry } from '../../../src/sockets/socket-registry';

const QUERY: SocketQuery = { address: '127.0.0.1', port: 80, addressType: 4 };
const OTHER: SocketQuery = { ...QUERY, port: 81 };

/** The calls on its handle, in order. */
function fakeSocket(): HeldSocket & { readonly done: string[] } {
  const done: string[] = [];
  const listen = (backlog: number): number => done.push(`listen ${String(backlog)}`);
  return { done, sockname: {}, handle: { listen, close: () => void done.push('close') } };
}

describe(SocketRegistry, () => {
  it('closes each socket once, with almost no room left in its queue', () => {
    const registry = new SocketRegistry();
    const held = fakeSocket();
    registry.add({ query: QUERY, index: 0, held });
    registry.alias(held, OTHER);
    registry.letGo();
    registry.letGo();
    expect(held.done).toEqual(['listen 0', 'close']);
    expect(registry.entries()).toEqual([]);
  });

  it('opens nothing after that', async () => {
    const registry = new SocketRegistry();
    registry.letGo();
    expect(await registry.open({ ...QUERY, port: 0 })).toBe(ECANCELED);
  });

  it('keeps the queue for a successor or another program that uses it', () => {
    const [ours, shared, theirs] = [new SocketRegistry(), fakeSocket(), fakeSocket()];
    ours.add({ query: QUERY, index: 0, held: shared });
    ours.keepForOthers(QUERY, 0);
    ours.letGo();
    const old = new SocketRegistry();
    old.add({ query: QUERY, index: 0, held: theirs });
    old.handOver();
    old.letGo();
    expect([shared.done, theirs.done]).toEqual([['close'], ['close']]);
  });

  it('closes a socket on which only this process accepts at the very end', () => {
    const registry = new SocketRegistry();
    const held = fakeSocket();
    registry.add({ query: QUERY, index: 0, held });
    registry.lend(held);
    registry.letGo();
    expect(held.done).toEqual([]);
    registry.closeAll();
    expect(held.done).toEqual(['close']);
  });

  describe('with the file of a unix socket', () => {
    const folder = mkdtempSync(join(tmpdir(), 'se-'));
    const path = join(folder, 'sock');
    const query: SocketQuery = { address: path, port: -1, addressType: -1 };
    beforeEach(() => writeFileSync(path, ''));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it('removes the file when it lets the socket go', () => {
      const registry = new SocketRegistry();
      registry.add({ query, index: 0, held: fakeSocket() });
      registry.letGo();
      expect(existsSync(path)).toBe(false);
    });

    it.each(['letGo', 'drop', 'closeAll'] as const)(
      'keeps the file of a socket that a successor has: %s',
      (how) => {
        const registry = new SocketRegistry();
        registry.add({ query, index: 0, held: fakeSocket() });
        registry.handOver();
        registry[how](query, 0);
        expect(existsSync(path)).toBe(true);
      },
    );
  });
});

describe(RemoteSockets, () => {
  function setUp() {
    const told: unknown[] = [];
    const answers: ((answer: RemoteAnswer) => void)[] = [];
    const sockets = new RemoteSockets({
      ask: () => new Promise((resolve) => answers.push(resolve)),
      dropped: () => {},
      mayBeLost: () => {},
      letGo: async (forOthers) => void told.push(forOthers),
    });
    return { sockets, told, answers };
  }

  it('closes its copies, tells the holder once, and names the sockets of outside programs', async () => {
    const { sockets, told, answers } = setUp();
    const [one, two] = [fakeSocket(), fakeSocket()];
    const opened = Promise.all([sockets.open(QUERY), sockets.open(OTHER)]);
    answers[0]!({ errno: 0, sockname: {}, handle: one.handle });
    answers[1]!({ errno: 0, sockname: {}, handle: two.handle });
    const [, other] = await opened;
    sockets.keep(other as HeldSocket, true);
    await Promise.all([sockets.letGo(), sockets.letGo()]);
    expect([one.done, two.done]).toEqual([['close'], ['close']]);
    expect(told).toEqual([[{ query: OTHER, index: 0 }]]);
    expect(await sockets.open(QUERY)).toBe(ECANCELED);
  });

  it('refuses an earlier request whose answer comes later', async () => {
    const { sockets, answers } = setUp();
    const { handle, done } = fakeSocket();
    const opened = sockets.open(QUERY);
    await sockets.letGo();
    answers[0]!({ errno: 0, sockname: {}, handle });
    expect(await opened).toBe(ECANCELED);
    expect(done).toEqual(['close']);
  });
});
