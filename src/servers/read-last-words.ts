import { sleep, type Clock } from '../common/clock';

const LAST_WORDS_MS = 1000;

/**
 * Until all that dead children wrote has been read: it is in our pipes already. Not for ever, as a program that one of
 * them left behind may hold a pipe open.
 */
export async function readLastWords(draining: ReadonlySet<Promise<unknown>>, clock: Clock): Promise<void> {
  if (draining.size > 0) await Promise.race([Promise.all(draining), sleep(clock, LAST_WORDS_MS)]);
}
