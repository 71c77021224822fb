import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 20;

/** Resolves with what `check` gives, once that is neither false nor undefined. */
export async function eventually<T>(
  check: () => T | false | undefined | Promise<T | false | undefined>,
  what: string,
  limitMs = 10_000,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const value = await check();
    if (value !== false && value !== undefined) return value;
    if (Date.now() > deadline) throw new Error(`${String(limitMs)} ms passed before: ${what}`);
    await sleep(POLL_MS);
  }
}
