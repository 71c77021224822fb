import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { reapAfterEach } from '../support/reaping';
import { tempDir } from '../support/temp-dir';

export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

/** Starts a Redis for this test alone, without a port and without persistence. Resolves with its address. */
export async function startRedis(): Promise<string> {
  const folder = tempDir();
  const path = join(folder, 'redis.sock');
  const redis = spawn('redis-server', ['--port', '0', '--unixsocket', path, '--dir', folder, '--save', '']);
  const ended = new Promise((resolve) => redis.once('close', resolve));
  reapAfterEach(async () => {
    redis.kill('SIGKILL');
    await ended;
  });
  const lines: string[] = [];
  for await (const line of createInterface(redis.stdout)) {
    lines.push(line);
    if (!line.includes('ready to accept connections')) continue;
    redis.stdout.resume();
    return path;
  }
  throw new Error(`redis-server ended:\n${lines.join('\n')}`);
}
