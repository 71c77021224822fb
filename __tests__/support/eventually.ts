import { setTimeout as sleep } from 'node:timers/promises';
import { WAIT_LIMIT_MS } from './limits';

/** Looks often at first, then seldom: some checks read all of /proc, and the machine is busy. */
const POLL_MS = [5, 10, 20, 40] as const;
const LATE_POLL_MS = 60;

/** Resolves with the first result of `check` that is neither false nor undefined. */
export async function eventually<T>(
  check: () => T | false | undefined | Promise<T | false | undefined>,
  what: string,
): Promise<T> {
  const deadline = Date.now() + WAIT_LIMIT_MS;
  for (let look = 0; ; look += 1) {
    const value = await check();
    if (value !== false && value !== undefined) return value;
    if (Date.now() > deadline) throw new Error(`${String(WAIT_LIMIT_MS)} ms passed before: ${what}`);
    await sleep(POLL_MS[look] ?? LATE_POLL_MS);
  }
}
