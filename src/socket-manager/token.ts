// Loaded only when a manager opens, and in a supervisor: node:crypto takes longer than the rest of this room.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { TOKEN_ENV } from './path';

const TOKEN_BYTES = 32;

/** The secret of this tree of processes; made if there is none. Processes that are started from now on inherit it. */
export function ensureToken(env: NodeJS.ProcessEnv = process.env): string {
  const given = env[TOKEN_ENV];
  if (given !== undefined && given !== '') return given;
  const made = randomBytes(TOKEN_BYTES).toString('hex');
  env[TOKEN_ENV] = made;
  return made;
}

/** Takes the same time wherever they differ, and whatever their lengths are. */
export function isSameToken(given: unknown, expected: string): boolean {
  return typeof given === 'string' && timingSafeEqual(digest(given), digest(expected));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
