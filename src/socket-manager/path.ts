import type os from 'node:os';
import { resolve } from 'node:path';

export const DIRECTORY_ENV = 'SERVERENGINE_SOCKETMANAGER_SOCK_DIR';

/** The variable with the secret that every request to a manager carries; without it nothing is answered. */
export const TOKEN_ENV = 'SERVERENGINE_SOCKETMANAGER_INTERNAL_TOKEN';

const PREFIX = 'SERVERENGINE_SOCKETMANAGER_';

let generated = 0;

/** An unused path, in SERVERENGINE_SOCKETMANAGER_SOCK_DIR or otherwise in the directory for temporary files. */
export function generatePath(env: NodeJS.ProcessEnv = process.env, now = new Date()): string {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '');
  generated += 1;
  return resolve(socketDirectory(env), `${PREFIX}${time}_${process.pid}_${generated}`);
}

/** Whether a file has such a name. */
export function isGenerated(name: string): boolean {
  return name.startsWith(PREFIX);
}

export function socketDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const directory = env[DIRECTORY_ENV];
  return directory === undefined || directory === '' ? temporary() : directory;
}

/** Every worker loads this file, and hardly any asks for a path. */
function temporary(): string {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the path cannot wait
  return (require('node:os') as typeof os).tmpdir();
}
