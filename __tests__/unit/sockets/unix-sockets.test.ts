import { once } from 'node:events';
import {
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import net from 'node:net';
import { dirname, join } from 'node:path';
import { modeFor, type SocketQuery } from '../../../src/common/socket-query';
import type { HeldSocket } from '../../../src/sockets/held-socket';
import { receivedServer } from '../../../src/socket-manager/received';
import { SocketRegistry } from '../../../src/sockets/socket-registry';
import { ask } from '../../support/clients';
import { reapAfterEach } from '../../support/reaping';
import { tempDir } from '../../support/temp-dir';

const EADDRINUSE = -98;
const ENAMETOOLONG = -36;
const itOnLinux = process.platform === 'linux' ? it : it.skip;

const at = (address: string, more: Partial<SocketQuery> = {}): SocketQuery => ({
  address,
  port: -1,
  addressType: -1,
  ...more,
});

const newPath = (): string => join(tempDir(), 'app.sock');

function newRegistry(): SocketRegistry {
  const registry = new SocketRegistry();
  reapAfterEach(() => registry.closeAll());
  return registry;
}

async function opened(registry: SocketRegistry, query: SocketQuery): Promise<HeldSocket> {
  const held = await registry.open(query);
  if (typeof held === 'number') throw new Error(`errno ${held}`);
  return held;
}

/** Accepts as a worker does. */
function answerFrom({ handle }: HeldSocket, text: string): void {
  receivedServer(handle).on('connection', (connection) => connection.end(text));
}

/** A server of another program. */
async function stranger(path: string): Promise<net.Server> {
  const server = net.createServer((connection) => void connection.end('stranger')).listen(path);
  await once(server, 'listening');
  reapAfterEach(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return server;
}

/** Leaves the file of a killed process behind. */
async function leaveBehind(path: string): Promise<void> {
  const server = await stranger(`${path}.1`);
  renameSync(`${path}.1`, path);
  await new Promise((resolve) => server.close(resolve));
}

function namesBeside(path: string): readonly string[] {
  return readdirSync(dirname(path));
}

const inodeOf = (path: string): number => statSync(path).ino;

describe('a unix socket of the registry', () => {
  it('answers at its path, and leaves nothing at its end', async () => {
    const path = newPath();
    const registry = newRegistry();
    answerFrom(await opened(registry, at(path)), 'ours');
    expect(await ask(path)).toBe('ours');
    registry.closeAll();
    expect(namesBeside(path)).toEqual([]);
  });

  it('replaces the socket of a killed process', async () => {
    const path = newPath();
    await leaveBehind(path);
    answerFrom(await opened(newRegistry(), at(path)), 'ours');
    expect(await ask(path)).toBe('ours');
  });

  it('replaces the socket of a killed engine, with all its names', async () => {
    const path = newPath();
    const killed = newRegistry();
    const { handle } = await opened(killed, at(path));
    // As if it could not clean up.
    killed.handOver();
    handle.close();
    expect(namesBeside(path)).toHaveLength(2);
    answerFrom(await opened(newRegistry(), at(path)), 'ours');
    expect(await ask(path)).toBe('ours');
    expect(namesBeside(path)).toHaveLength(2);
  });

  it('replaces a dead socket although a live one elsewhere was bound with the same name', async () => {
    const path = newPath();
    await stranger(path);
    // As in another container with the same path.
    renameSync(path, `${path}.elsewhere`);
    await leaveBehind(path);
    answerFrom(await opened(newRegistry(), at(path)), 'ours');
    expect(await ask(path)).toBe('ours');
  });

  it('removes other names of killed engines whose path is gone, and no others', async () => {
    const path = newPath();
    const killed = newRegistry();
    const { handle } = await opened(killed, at(path));
    killed.handOver();
    handle.close();
    rmSync(path);
    const other = newRegistry();
    await opened(other, at(`${path}.other`));
    const registry = newRegistry();
    await opened(registry, at(path));
    registry.closeAll();
    expect(namesBeside(path)).toEqual([expect.stringMatching(/^\.serverengine-/), 'app.sock.other']);
  });

  it('never replaces the socket of a server that answers', async () => {
    const path = newPath();
    await stranger(path);
    expect(await newRegistry().open(at(path))).toBe(EADDRINUSE);
    expect(await ask(path)).toBe('stranger');
    expect(namesBeside(path)).toEqual(['app.sock']);
  });

  itOnLinux('never takes that of an engine whose workers do not listen yet', async () => {
    const path = newPath();
    const first = await opened(newRegistry(), at(path));
    expect(await newRegistry().open(at(path))).toBe(EADDRINUSE);
    answerFrom(first, 'first');
    expect(await ask(path)).toBe('first');
  });

  const putThere: Readonly<Record<string, (path: string) => Promise<void>>> = {
    'a file': async (path) => writeFileSync(path, 'precious'),
    'a directory': async (path) => mkdirSync(path),
    'a link, even to a dead socket': async (path) => {
      await leaveBehind(`${path}.0`);
      symlinkSync(`${path}.0`, path);
    },
  };

  it.each(Object.entries(putThere))('never replaces %s', async (_what, put) => {
    const path = newPath();
    await put(path);
    const before = namesBeside(path);
    expect(await newRegistry().open(at(path))).toBe(EADDRINUSE);
    expect(namesBeside(path)).toEqual(before);
  });

  it('goes to one of two engines that replace a dead one at the same time', async () => {
    const path = newPath();
    await leaveBehind(path);
    const both = [newRegistry(), newRegistry()];
    const results = await Promise.all(both.map((registry) => registry.open(at(path))));
    const winners = results.filter((result) => typeof result !== 'number');
    expect(winners).toHaveLength(1);
    expect(results).toContain(EADDRINUSE);
    answerFrom(winners[0]!, 'the winner');
    expect(await ask(path)).toBe('the winner');
  });

  it('is restored when a worker has removed the path before listen()', async () => {
    const path = newPath();
    const registry = newRegistry();
    const held = await opened(registry, at(path));
    answerFrom(held, 'the first worker');
    const inode = inodeOf(path);
    rmSync(path);
    expect(await registry.open(at(path))).toBe(held);
    expect(inodeOf(path)).toBe(inode);
    expect(await ask(path)).toBe('the first worker');
  });

  it('is restored when a worker has removed the path at its end', async () => {
    const path = newPath();
    const registry = newRegistry();
    await opened(registry, at(path));
    const inode = inodeOf(path);
    rmSync(path);
    registry.restore(at(path), 0);
    expect(inodeOf(path)).toBe(inode);
  });

  it('is created again when its directory was emptied', async () => {
    const path = newPath();
    const registry = newRegistry();
    const held = await opened(registry, at(path));
    for (const name of namesBeside(path)) unlinkSync(join(dirname(path), name));
    const again = await opened(registry, at(path));
    expect(again).not.toBe(held);
    answerFrom(again, 'the new one');
    expect(await ask(path)).toBe('the new one');
  });

  it('is not removed when another program has replaced it', async () => {
    const path = newPath();
    const registry = newRegistry();
    await opened(registry, at(path));
    rmSync(path);
    await stranger(path);
    registry.closeAll();
    expect(await ask(path)).toBe('stranger');
    expect(namesBeside(path)).toEqual(['app.sock']);
  });

  it('is opened once for simultaneous requests', async () => {
    const path = newPath();
    await leaveBehind(path);
    const registry = newRegistry();
    const [one, two] = await Promise.all([registry.open(at(path)), registry.open(at(path))]);
    expect(typeof one).toBe('object');
    expect(two).toBe(one);
  });

  itOnLinux.each([1, 6, 40])('may have a path of 102 to 107 bytes (last part: %d)', async (lengthOfName) => {
    for (const length of [102, 107]) {
      const directory = tempDir();
      const between = 'd'.repeat(length - directory.length - lengthOfName - 2);
      const parent = join(directory, between);
      mkdirSync(parent);
      const path = join(parent, 'n'.repeat(lengthOfName));
      expect(Buffer.byteLength(path)).toBe(length);
      const registry = newRegistry();
      answerFrom(await opened(registry, at(path)), 'ours');
      expect(await ask(path)).toBe('ours');
      registry.closeAll();
      expect(namesBeside(path)).toEqual([]);
    }
  });

  it('gives an error for a path that is too long, instead of a truncated path', async () => {
    const directory = tempDir();
    const path = join(directory, 'n'.repeat(108 - directory.length - 1));
    expect(await newRegistry().open(at(path))).toBe(ENAMETOOLONG);
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each([
    [{}, 0o700],
    [{ readableAll: true }, 0o744],
    [{ writableAll: true }, 0o722],
    [{ readableAll: true, writableAll: true }, 0o766],
  ])('with %j has mode %o under umask 077', async (options, mode) => {
    const path = newPath();
    const before = process.umask(0o077);
    try {
      await opened(newRegistry(), at(path, { mode: modeFor(options) }));
    } finally {
      process.umask(before);
    }
    expect(statSync(path).mode & 0o777).toBe(mode);
  });

  itOnLinux('may have an abstract name, which is free again once it is closed', async () => {
    const name = `\0serverengine-test-${process.pid}`;
    const registry = newRegistry();
    answerFrom(await opened(registry, at(name)), 'ours');
    expect(await ask(name)).toBe('ours');
    expect(await newRegistry().open(at(name))).toBe(EADDRINUSE);
    registry.closeAll();
    await opened(newRegistry(), at(name));
  });
});

describe('the same file by another path', () => {
  it('is the same socket, and stays until neither name is used', async () => {
    const registry = newRegistry();
    const path = newPath();
    const link = join(tempDir(), 'current');
    symlinkSync(dirname(path), link);
    const other = join(link, 'app.sock');
    const held = await opened(registry, at(path));
    answerFrom(held, 'one');
    expect(await opened(registry, at(other))).toBe(held);
    registry.drop(at(path), 0);
    expect(await ask(other)).toBe('one');
    registry.drop(at(other), 0);
    expect(readdirSync(dirname(path))).toEqual([]);
  });
});
