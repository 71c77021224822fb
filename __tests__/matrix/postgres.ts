import { execFile, spawn, spawnSync } from 'node:child_process';
import { chownSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { freePort } from '../support/clients';
import { reapAfterEach } from '../support/reaping';
import { tempDir } from '../support/temp-dir';

export const hasPostgres = ['initdb', 'postgres'].every(
  (command) => spawnSync(command, ['--version']).status === 0,
);

/** PostgreSQL refuses to run as root, so it runs as the user "nobody" then. */
const NOBODY = 65_534;
const asUser = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

/** Starts a PostgreSQL for this test alone, without persistence. Resolves with the URL of its database. */
export async function startPostgres(): Promise<string> {
  const folder = tempDir();
  if (asUser.uid !== undefined) chownSync(folder, asUser.uid, asUser.gid);
  const data = join(folder, 'data');
  const init = ['--pgdata', data, '--username', 'test', '--auth', 'trust', '--no-sync', '--encoding', 'UTF8'];
  await promisify(execFile)('initdb', [...init, '--locale', 'C'], { ...asUser, cwd: folder });
  const port = String(await freePort());
  const settings = ['fsync=off', 'listen_addresses=127.0.0.1', `port=${port}`, 'unix_socket_directories='];
  const args = ['-D', data, ...settings.flatMap((setting) => ['-c', setting])];
  const child = spawn('postgres', args, { ...asUser, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'close');
  reapAfterEach(async () => {
    // QUIT ends it at once, with its children.
    child.kill('SIGQUIT');
    await ended;
  });
  const lines: string[] = [];
  for await (const line of createInterface(child.stderr)) {
    lines.push(line);
    if (!line.includes('ready to accept connections')) continue;
    child.stderr.resume();
    return `postgres://test@127.0.0.1:${port}/postgres`;
  }
  throw new Error(`postgres ended:\n${lines.join('\n')}`);
}
