import { FakeClock } from '../../../src/testing/fake-clock';
import type { SocketQuery } from '../../../src/common/socket-query';
import { SocketGroups, type SocketGroup } from '../../../src/sockets/socket-groups';
import { socketKey, SocketRegistry } from '../../../src/sockets/socket-registry';
import type { SocketUser } from '../../../src/sockets/socket-user';
import { SocketUsers } from '../../../src/sockets/socket-users';
import { workerSucceeds } from '../../../src/sockets/succession';

const QUERY: SocketQuery = { address: '127.0.0.1', port: 0, addressType: 4, flags: 0 };
const KEY = socketKey(QUERY, 0);
const LONG_MS = 60_000;

const registries: SocketRegistry[] = [];

afterEach(() => {
  for (const registry of registries.splice(0)) registry.closeAll();
});

/** Two groups of a server with real sockets. */
function setUp() {
  const registry = new SocketRegistry();
  registries.push(registry);
  const clock = new FakeClock();
  const groups = new SocketGroups(new SocketUsers(registry, clock, { succeeds: workerSucceeds }));
  const open = async (group: SocketGroup, name: string): Promise<SocketUser> => {
    const user = group.user({ name, group: name.split('/')[0], age: 1 });
    await user.open(QUERY, 0);
    return user;
  };
  return { registry, clock, open, web: groups.add(), api: groups.add() };
}

describe(SocketGroups, () => {
  it('keeps a socket that the last worker of one group has closed while the other group has it', async () => {
    const { registry, clock, open, web, api } = setUp();
    const [one, other] = [await open(web, 'web/0'), await open(api, 'api/0')];
    one.close(KEY);
    clock.advance(LONG_MS);
    expect(registry.size).toBe(1);
    other.close(KEY);
    clock.advance(1000);
    expect(registry.size).toBe(0);
  });

  it('keeps a socket that one group no longer needs while the other group has it', async () => {
    const { registry, clock, open, web, api } = setUp();
    const [one] = [await open(web, 'web/0'), await open(api, 'api/0')];
    api.allAreUp();
    web.allAreUp();
    // That group was scaled to 0.
    one.leave();
    one.end();
    web.allAreUp();
    clock.advance(LONG_MS);
    expect(registry.size).toBe(1);
  });

  it('closes an unused socket only when both groups are up', async () => {
    const { registry, clock, open, web, api } = setUp();
    (await open(web, 'web/0')).end();
    web.allAreUp();
    clock.advance(LONG_MS);
    // The other may be about to ask for it.
    expect(registry.size).toBe(1);
    api.allAreUp();
    clock.advance(29_999);
    expect(registry.size).toBe(1);
    clock.advance(1);
    expect(registry.size).toBe(0);
  });

  it.each(['dies', 'is replaced'])('keeps the socket of a worker that %s in the other group', async (how) => {
    const { registry, clock, open, web, api } = setUp();
    const last = await open(api, 'api/0');
    api.allAreUp();
    if (how === 'is replaced') api.user({ name: 'api/0', group: 'api', age: 2 });
    last.end();
    web.allAreUp();
    clock.advance(LONG_MS);
    expect(registry.size).toBe(1);
    api.allAreUp();
    clock.advance(30_000);
    expect(registry.size).toBe(0);
  });
});
