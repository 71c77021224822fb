import { chmodSync, chownSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { SocketManager } from '../../../src/index';
import { trustedPlace } from '../../../src/socket-manager/trust';
import { reapAfterEach } from '../../support/reaping';
import { tempDir } from '../../support/temp-dir';

const TOKEN_ENV = 'SERVERENGINE_SOCKETMANAGER_INTERNAL_TOKEN';
const ME = process.geteuid?.() ?? 0;
const SOMEBODY = 4242;

/** A socket of an unknown process. It records its input. */
async function stranger(mode: number, path = join(tempDir(), 'm.sock')) {
  const heard: string[] = [];
  const server = net.createServer((connection) => {
    connection.on('data', (chunk) => heard.push(chunk.toString()));
    connection.on('error', () => {});
  });
  server.listen(path);
  await once(server, 'listening');
  chmodSync(path, mode);
  reapAfterEach(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { path, heard };
}

function reasonOf(path: string, uid = ME): string | undefined {
  const place = trustedPlace(path, uid);
  return 'reason' in place ? place.reason : undefined;
}

describe(trustedPlace, () => {
  it('accepts a socket of this user with mode 0600', async () => {
    const { path } = await stranger(0o600);
    expect(reasonOf(path)).toBeUndefined();
  });

  it('accepts one behind a symbolic link', async () => {
    const { path } = await stranger(0o600);
    const link = join(tempDir(), 'link');
    symlinkSync(path, link);
    expect(reasonOf(link)).toBeUndefined();
  });

  it.each([0o666, 0o660, 0o606, 0o620, 0o755])('rejects mode %o', async (mode) => {
    const { path } = await stranger(mode);
    expect(reasonOf(path)).toContain(`has mode 0${mode.toString(8)}, so that other users can connect`);
  });

  it('rejects a socket of another user', async () => {
    if (ME !== 0) return;
    const { path } = await stranger(0o600);
    chownSync(path, SOMEBODY, SOMEBODY);
    expect(reasonOf(path, SOMEBODY + 1)).toContain(
      `belongs to user number ${SOMEBODY}, and this process runs as ${SOMEBODY + 1}`,
    );
    expect(reasonOf(path)).toContain('belongs to user number');
    // Root can get the token anyway.
    chownSync(path, 0, 0);
    expect(reasonOf(path, SOMEBODY)).toBeUndefined();
  });

  it('rejects a place where everybody may replace it, unless the sticky bit forbids that', async () => {
    const directory = join(tempDir(), 'open');
    mkdirSync(directory);
    chmodSync(directory, 0o777);
    const { path } = await stranger(0o600, join(directory, 's'));
    expect(reasonOf(path)).toContain('every user can replace it');
    chmodSync(directory, 0o1777);
    expect(reasonOf(path)).toBeUndefined();
  });

  it('notices that another socket is there now', async () => {
    const { path } = await stranger(0o600);
    const other = await stranger(0o600);
    const place = trustedPlace(path);
    if ('reason' in place) throw new Error(place.reason);
    expect(place.isStill()).toBe(true);
    renameSync(other.path, path);
    expect(place.isStill()).toBe(false);
  });

  it('leaves a path without a socket to connect(), and notices a socket that appears', async () => {
    const path = join(tempDir(), 'm.sock');
    writeFileSync(path, '');
    const place = trustedPlace(path);
    if ('reason' in place) throw new Error(place.reason);
    renameSync((await stranger(0o600)).path, path);
    expect(place.isStill()).toBe(false);
  });
});

describe('a client of a socket manager', () => {
  it('sends its token only to a trusted manager', async () => {
    const before = process.env[TOKEN_ENV];
    process.env[TOKEN_ENV] = 'secret';
    reapAfterEach(() => {
      if (before === undefined) Reflect.deleteProperty(process.env, TOKEN_ENV);
      else process.env[TOKEN_ENV] = before;
    });
    const { path, heard } = await stranger(0o666);
    await expect(new SocketManager.Client(path).listenTcp('127.0.0.1', 0)).rejects.toMatchObject({
      code: 'ERR_SOCKET',
      message: expect.stringContaining('the token was not sent there') as string,
    });
    expect(heard).toEqual([]);
  });
});
