import { setTimeout as sleep } from 'node:timers/promises';
import { WAIT_LIMIT_MS } from './limits';

const POLL_MS = 20;

/** Resolves with what `check` gives, once that is neither false nor undefined. */
export async function eventually<T>(
  check: () => T | false | undefined | Promise<T | false | undefined>,
  what: string,
): Promise<T> {
  const deadline = Date.now() + WAIT_LIMIT_MS;
  for (;;) {
    const value = await check();
    if (value !== false && value !== undefined) return value;
    if (Date.now() > deadline) throw new Error(`${String(WAIT_LIMIT_MS)} ms passed before: ${what}`);
    await sleep(POLL_MS);
  }
}
