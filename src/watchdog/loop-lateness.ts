import { sleep, type Clock } from '../common/clock';

/**
 * How late timers are, sampled for a moment. Nothing of this runs between dumps: an idle process stays idle, and it
 * also works in a process without a heartbeat.
 */
export async function sampleLateness(
  clock: Clock,
  { everyMs, forMs }: { everyMs: number; forMs: number },
): Promise<readonly number[]> {
  const end = clock.now() + forMs;
  const found: number[] = [];
  for (let due = clock.now() + everyMs; due <= end; due = clock.now() + everyMs) {
    await sleep(clock, due - clock.now());
    found.push(Math.max(0, clock.now() - due));
  }
  return found;
}

/** The value that this share (0 to 1) of the samples does not exceed; undefined without samples. */
export function percentile(samples: readonly number[], part: number): number | undefined {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)];
}
