import net from 'node:net';
import type { SocketQuery } from '../../../src/common/socket-query';
import { holdSocket, type HeldSocket } from '../../../src/sockets/held-socket';
import { RemoteSockets } from '../../../src/sockets/remote-sockets';
import type { Claim } from '../../../src/sockets/socket-holder';
import { socketKey, SocketRegistry, type RegistryEntry } from '../../../src/sockets/socket-registry';

const EADDRINUSE = -98;
const EADDRNOTAVAIL = -99;
const at = (address: string, port = 0): SocketQuery => ({ address, port, addressType: 4, flags: 0 });
const registries: SocketRegistry[] = [];

afterEach(() => {
  for (const registry of registries.splice(0)) registry.closeAll();
});

/** A registry that holds 127.0.0.1 at a port, as if a worker listened there. */
async function holding(onTwoTrees?: (wanted: SocketQuery, held: RegistryEntry) => void) {
  const registry = new SocketRegistry(onTwoTrees);
  registries.push(registry);
  const free = holdSocket(at('127.0.0.1')) as HeldSocket;
  const port = Number(free.sockname['port']);
  free.handle.close();
  const held = (await registry.open(at('127.0.0.1', port), 0)) as HeldSocket;
  // Makes the system refuse others. Nobody connects.
  net.createServer().listen(held.handle).unref();
  const asked: { key: string; claim: Claim }[] = [];
  const holder = {
    answer: true,
    giveUp: async (key: string, claim: Claim): Promise<boolean> => {
      asked.push({ key, claim });
      return holder.answer;
    },
  };
  registry.shareWith(holder);
  return { registry, port, held, asked, holder };
}

describe(SocketRegistry, () => {
  it('opens another address on the same port once the users of the old one have given it up', async () => {
    const { registry, port, asked } = await holding();
    const [next, again] = await Promise.all([
      registry.open(at('0.0.0.0', port)),
      registry.open(at('0.0.0.0', port)),
    ]);
    expect(next).toMatchObject({ sockname: { address: '0.0.0.0', port } });
    expect(again).toBe(next);
    const claim = { key: socketKey(at('0.0.0.0', port), 0), isForced: false };
    expect(asked).toEqual([{ key: socketKey(at('127.0.0.1', port), 0), claim }]);
  });

  it('answers EADDRINUSE and keeps the old socket when a process continues with it', async () => {
    const { registry, port, held, holder } = await holding();
    holder.answer = false;
    expect(await registry.open(at('0.0.0.0', port))).toBe(EADDRINUSE);
    expect(await registry.open(at('127.0.0.1', port))).toBe(held);
  });

  it('gives up nothing for an address that this system does not have', async () => {
    const { registry, port, held, asked } = await holding();
    expect(await registry.open(at('192.0.2.1', port))).toBe(EADDRNOTAVAIL);
    expect(asked).toEqual([]);
    expect(await registry.open(at('127.0.0.1', port))).toBe(held);
  });

  it('does not close sockets that the server itself has opened', async () => {
    const { registry, port, held, asked } = await holding();
    registry.keep(held);
    expect(await registry.open(at('0.0.0.0', port))).toBe(EADDRINUSE);
    expect(asked).toEqual([]);
  });

  it('names a socket of the previous process tree, which an upgrade cannot change', async () => {
    const told: unknown[] = [];
    const { registry, port, held, asked } = await holding((wanted, entry) => told.push([wanted, entry.held]));
    registry.borrow({ query: at('127.0.0.1', port), index: 0, held });
    const wanted = at('0.0.0.0', port);
    expect(await registry.open(wanted)).toBe(EADDRINUSE);
    expect(told).toEqual([[wanted, held]]);
    expect(asked).toEqual([]);
    // The upgrade is over: a socket that nobody of this tree has asked for may be closed.
    registry.takeOver();
    expect(await registry.open(wanted)).toMatchObject({ sockname: { address: '0.0.0.0' } });
  });
});

describe(RemoteSockets, () => {
  const query = at('127.0.0.1', 80);
  const key = socketKey(query, 0);

  function setUp() {
    const closed: string[] = [];
    let asked = 0;
    const remote = new RemoteSockets({
      ask: async () => {
        const name = `copy ${String((asked += 1))}`;
        return { errno: 0, sockname: { name }, handle: { close: () => closed.push(name) } };
      },
      dropped: () => {},
      mayBeLost: () => {},
      letGo: async () => {},
    });
    return { remote, closed };
  }

  it('closes its copy once the processes below have given theirs up, and asks again on request', async () => {
    const { remote, closed } = setUp();
    let answer = false;
    const asked: string[] = [];
    remote.shareWith({ giveUp: async (name) => (asked.push(name), answer) });
    await remote.open(query);
    expect(await remote.giveUp(key, { key: 'next', isForced: false })).toBe(false);
    expect(closed).toEqual([]);
    answer = true;
    expect(await remote.giveUp(key, { key: 'next', isForced: false })).toBe(true);
    expect(closed).toEqual(['copy 1']);
    expect(asked).toEqual([key, key]);
    expect(await remote.open(query)).toMatchObject({ sockname: { name: 'copy 2' } });
  });

  it('gives up a socket of the server itself only to the next server, under all its names', async () => {
    const { remote, closed } = setUp();
    const asked: string[] = [];
    remote.shareWith({ giveUp: async (name) => asked.push(name) > 0 });
    const held = (await remote.open(query)) as HeldSocket;
    remote.keep(held);
    remote.alias(held, at('127.0.0.1', 81));
    expect(await remote.giveUp(key, { key: 'next', isForced: false })).toBe(false);
    expect(await remote.giveUp(key, { key: 'next', isForced: true })).toBe(true);
    expect(asked).toEqual([key, socketKey(at('127.0.0.1', 81), 0)]);
    expect(closed).toEqual(['copy 1']);
  });

  it('has nothing to give up for an unknown socket', async () => {
    const { remote } = setUp();
    expect(await remote.giveUp('unknown', { key: 'next', isForced: false })).toBe(true);
  });
});
