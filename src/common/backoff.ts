export interface BackoffSettings {
  /** Delay of the second early death in a row. */
  readonly backoffMinMs: number;
  /** No delay is longer, jitter included. */
  readonly backoffMaxMs: number;
}

// Workers that crash together (a database went away) must not come back together.
const JITTER = 0.2;

// More doublings would only overflow.
const MOST_DOUBLINGS = 52;

/** How long to wait after this many early deaths in a row. */
export function backoff(earlyDeaths: number, settings: BackoffSettings, random: () => number): number {
  if (earlyDeaths < 2) return 0;
  const { backoffMinMs, backoffMaxMs } = settings;
  const baseMs = Math.min(backoffMaxMs, backoffMinMs * 2 ** Math.min(earlyDeaths - 2, MOST_DOUBLINGS));
  // Spread below the maximum instead of cut off at it: otherwise half of the workers would restart at the same moment.
  const shortestMs = baseMs * (1 - JITTER);
  const longestMs = Math.min(backoffMaxMs, baseMs * (1 + JITTER));
  return shortestMs + (longestMs - shortestMs) * random();
}
