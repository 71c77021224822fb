import { FakeClock } from '../../../src/testing/fake-clock';
import type { SocketQuery } from '../../../src/common/socket-query';
import type { HeldSocket } from '../../../src/sockets/held-socket';
import { socketKey, type RegistryEntry, type SocketSource } from '../../../src/sockets/socket-registry';
import { SocketUsers } from '../../../src/sockets/socket-users';

const QUERY: SocketQuery = { address: '127.0.0.1', port: 80, addressType: 4 };
const KEY = socketKey(QUERY, 0);
const LONG_MS = 10 * 60_000;

class FakeSource implements SocketSource {
  readonly dropped: string[] = [];
  readonly restored: string[] = [];
  errno = 0;

  async open(): Promise<HeldSocket | number> {
    return this.errno || { handle: { close: () => {} }, sockname: {} };
  }

  drop(query: SocketQuery, index: number): void {
    this.dropped.push(socketKey(query, index));
  }

  restore(query: SocketQuery, index: number): void {
    this.restored.push(socketKey(query, index));
  }

  alias(): void {}
  keep(): void {}
  release(): void {}
  lend(): void {}
  shareWith(): void {}
  letGo(): void {}
  closeAll(): void {}

  entries(): readonly RegistryEntry[] {
    return [];
  }
}

function setUp() {
  const clock = new FakeClock();
  const source = new FakeSource();
  return { clock, source, use: new SocketUsers(source, clock) };
}

describe(SocketUsers, () => {
  it('restores the path of a unix socket when a user ends, also one that has closed it before', async () => {
    const { source, use } = setUp();
    const unix: SocketQuery = { address: '/run/app.sock', port: -1, addressType: -1 };
    const [old, next] = [use.user(), use.user()];
    for (const user of [old, next]) {
      await user.open(unix, 0);
      await user.open(QUERY, 0);
    }
    old.leave();
    old.close(socketKey(unix, 0));
    expect(source.restored).toEqual([]);
    old.end();
    expect(source.restored).toEqual([socketKey(unix, 0)]);
  });

  describe('closes a socket', () => {
    it('that its last user has closed while it lives', async () => {
      const { clock, source, use } = setUp();
      const [one, two] = [use.user(), use.user()];
      await one.open(QUERY, 0);
      await two.open(QUERY, 0);
      one.close(KEY);
      clock.advance(LONG_MS);
      expect(source.dropped).toEqual([]);
      two.close(KEY);
      clock.advance(1000);
      expect(source.dropped).toEqual([KEY]);
    });

    it('that no worker asked for during half a minute with all workers ready', async () => {
      const { clock, source, use } = setUp();
      const old = use.user();
      await old.open(QUERY, 0);
      old.end();
      clock.advance(LONG_MS);
      use.allAreUp();
      clock.advance(29_999);
      use.allAreUp();
      expect(source.dropped).toEqual([]);
      clock.advance(1);
      expect(source.dropped).toEqual([KEY]);
      expect(clock.pending).toBe(0);
    });
  });

  describe('keeps a socket', () => {
    it('whose last user died', async () => {
      const { clock, source, use } = setUp();
      const user = use.user();
      await user.open(QUERY, 0);
      user.end();
      clock.advance(LONG_MS);
      expect(source.dropped).toEqual([]);
    });

    it('that was closed by a worker that is about to end, however long that takes', async () => {
      const { clock, source, use } = setUp();
      const user = use.user();
      await user.open(QUERY, 0);
      user.leave();
      user.close(KEY);
      clock.advance(LONG_MS);
      user.end();
      expect(source.dropped).toEqual([]);
    });

    it.each(['leave', 'end'] as const)('that was closed a moment before the %s of its user', async (how) => {
      const { clock, source, use } = setUp();
      const user = use.user();
      await user.open(QUERY, 0);
      user.close(KEY);
      clock.advance(999);
      user[how]();
      clock.advance(LONG_MS);
      expect(source.dropped).toEqual([]);
    });

    it('that is asked for again in time', async () => {
      const { clock, source, use } = setUp();
      const user = use.user();
      await user.open(QUERY, 0);
      user.close(KEY);
      clock.advance(999);
      await use.user().open(QUERY, 0);
      clock.advance(LONG_MS);
      expect(source.dropped).toEqual([]);
    });

    it('that a worker has open, whichever others are up', async () => {
      const { clock, source, use } = setUp();
      await use.user().open(QUERY, 0);
      use.allAreUp();
      clock.advance(LONG_MS);
      expect(source.dropped).toEqual([]);
    });

    it('that was passed to us by descriptor', async () => {
      const { clock, source, use } = setUp();
      const query = { ...QUERY, fd: 3 };
      const user = use.user();
      await user.open(query, 0);
      user.close(socketKey(query, 0));
      clock.advance(LONG_MS);
      expect(source.dropped).toEqual([]);
    });
  });

  it('forgets a socket that could not be opened', async () => {
    const { source, use } = setUp();
    source.errno = -98;
    const user = use.user();
    expect(await user.open(QUERY, 0)).toBe(-98);
    expect(user.has(QUERY, 0)).toBe(false);
  });

  it('gives all users what the first of them sent', async () => {
    const { use } = setUp();
    const [one, two] = [use.user(), use.user()];
    await one.open(QUERY, 0);
    expect(one.common(KEY, 'first')).toBe('first');
    await two.open(QUERY, 0);
    expect(two.common(KEY, 'second')).toBe('first');
  });
});
