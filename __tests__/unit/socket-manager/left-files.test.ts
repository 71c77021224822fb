import { once } from 'node:events';
import { linkSync, readdirSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { basename, join } from 'node:path';
import { SocketManager } from '../../../src/index';
import { removeLeftFiles } from '../../../src/socket-manager/left-files';
import { reapAfterEach } from '../../support/reaping';
import { tempDir } from '../../support/temp-dir';

const LEFT = 'SERVERENGINE_SOCKETMANAGER_20260101T000000Z_1_1';

/** A socket file of a killed process, without a listener. */
async function leaveDead(path: string): Promise<void> {
  const server = net.createServer().listen(`${path}.bound`);
  await once(server, 'listening');
  linkSync(`${path}.bound`, path);
  await new Promise((resolve) => server.close(resolve));
}

describe('a leftover file of a killed socket manager', () => {
  it('is removed when nobody listens, and no other file is', async () => {
    const directory = tempDir();
    const living = await SocketManager.Server.open(join(directory, `${LEFT}9`));
    reapAfterEach(() => living.close());
    await leaveDead(join(directory, LEFT));
    await leaveDead(join(directory, 'a socket of somebody else'));
    writeFileSync(join(directory, `${LEFT}8`), 'no socket');
    await removeLeftFiles(directory);
    expect(readdirSync(directory).sort()).toEqual([`${LEFT}8`, `${LEFT}9`, 'a socket of somebody else']);
  });

  it('is removed by the next manager that opens there', async () => {
    const directory = tempDir();
    await leaveDead(join(directory, LEFT));
    const next = await SocketManager.Server.open(join(directory, `${LEFT}2`));
    reapAfterEach(() => next.close());
    expect(readdirSync(directory)).toEqual([basename(next.path)]);
  });

  it('does not exist without its directory', async () => {
    await expect(removeLeftFiles(join(tempDir(), 'none'))).resolves.toBeUndefined();
  });
});
