import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { listenPrivately as listenAs } from '../../../src/sockets/listen-privately';
import { generatePath } from '../../../src/socket-manager/path';
import { reapAfterEach } from '../../support/reaping';
import { tempDir } from '../../support/temp-dir';

const NOON = new Date('2026-11-22T12:00:00.123Z');

const listenPrivately = (made: net.Server, path: string): Promise<void> =>
  listenAs(made, path, { owner: 'The socket manager', cure: ', for example with SOME_VARIABLE' });

function server(): net.Server {
  const made = net.createServer();
  reapAfterEach(() => void made.close());
  return made;
}

describe('generatePath', () => {
  it('is in SERVERENGINE_SOCKETMANAGER_SOCK_DIR', () => {
    const path = generatePath({ SERVERENGINE_SOCKETMANAGER_SOCK_DIR: '/run/app' }, NOON);
    expect(path).toMatch(/^\/run\/app\/SERVERENGINE_SOCKETMANAGER_20261122T120000Z_\d+_\d+$/);
    expect(path).toContain(`_${String(process.pid)}_`);
  });

  it('is in the directory for temporary files when that is unset or empty', () => {
    expect(dirname(generatePath({}, NOON))).toBe(tmpdir());
    expect(dirname(generatePath({ SERVERENGINE_SOCKETMANAGER_SOCK_DIR: '' }, NOON))).toBe(tmpdir());
  });

  it('differs each time', () => {
    expect(generatePath({}, NOON)).not.toBe(generatePath({}, NOON));
  });

  it('is absolute even when the directory is not', () => {
    const path = generatePath({ SERVERENGINE_SOCKETMANAGER_SOCK_DIR: 'run' }, NOON);
    expect(dirname(path)).toBe(join(process.cwd(), 'run'));
  });
});

describe('listenPrivately', () => {
  it('leaves only the socket, with mode 0600', async () => {
    const directory = tempDir();
    const path = join(directory, 'm.sock');
    await listenPrivately(server(), path);
    expect(readdirSync(directory)).toEqual(['m.sock']);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('never lets others connect, whatever the umask is', async () => {
    const directory = tempDir();
    const before = process.umask(0);
    reapAfterEach(() => void process.umask(before));
    const watch = watchModes(directory);
    await watch.isReady;
    for (let round = 0; round < 100; round += 1) {
      await listenPrivately(server(), join(directory, `${String(round)}.sock`));
    }
    const { looks, open } = await watch.finish();
    expect(open).toEqual([]);
    expect(looks).toBeGreaterThan(10);
  });

  it('does not replace a live socket, and leaves nothing behind', async () => {
    const directory = tempDir();
    const path = join(directory, 'm.sock');
    await listenPrivately(server(), path);
    await expect(listenPrivately(server(), path)).rejects.toMatchObject({
      code: 'EADDRINUSE',
      address: path,
    });
    expect(readdirSync(directory)).toEqual(['m.sock']);
  });

  it('does not replace a file that is no socket', async () => {
    const path = join(tempDir(), 'm.sock');
    mkdirSync(path);
    await expect(listenPrivately(server(), path)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('replaces a socket without a listener', async () => {
    const path = join(tempDir(), 'm.sock');
    const first = server();
    await listenPrivately(first, path);
    first.close();
    expect(existsSync(path)).toBe(true);
    await listenPrivately(server(), path);
  });

  it('reports a path that is too long, with the cure', async () => {
    const path = join(tempDir(), 'x'.repeat(100));
    await expect(listenPrivately(server(), path)).rejects.toMatchObject({
      code: 'ERR_SOCKET',
      message: expect.stringMatching(
        /^The socket manager .* too long: .* got 1\d\d for .*SOME_VARIABLE/,
      ) as string,
    });
  });

  it('reports a missing directory', async () => {
    await expect(listenPrivately(server(), '/no/such/place/m.sock')).rejects.toMatchObject({
      code: 'ERR_SOCKET',
      message: expect.stringContaining('Use a directory that exists') as string,
    });
  });
});

interface Seen {
  readonly looks: number;
  readonly open: readonly string[];
}

/** Reads a directory as fast as a thread can, to find sockets that others could reach. */
function watchModes(directory: string): { readonly isReady: Promise<unknown>; finish(): Promise<Seen> } {
  const code = `
    const { parentPort, workerData } = require('node:worker_threads');
    const { readdirSync, statSync } = require('node:fs');
    const seen = { looks: 0, open: [] };
    let isOver = false;
    parentPort.once('message', () => { isOver = true; });
    parentPort.postMessage('ready');
    (function look() {
      for (let round = 0; round < 20; round += 1) {
        seen.looks += 1;
        for (const name of readdirSync(workerData)) {
          try {
            const { mode } = statSync(workerData + '/' + name);
            if (mode & 0o077) seen.open.push(name + ' ' + mode.toString(8));
          } catch {}
        }
      }
      if (isOver) parentPort.postMessage(seen);
      else setImmediate(look);
    })();`;
  const thread = new Worker(code, { eval: true, workerData: directory });
  reapAfterEach(async () => {
    await thread.terminate();
  });
  return {
    isReady: new Promise((resolve) => thread.once('message', resolve)),
    finish: () => {
      const seen = new Promise<Seen>((resolve) => thread.once('message', resolve));
      thread.postMessage('finish');
      return seen;
    },
  };
}
