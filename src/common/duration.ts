const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const DURATION = /^\s*(-?\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?\s*$/;

/**
 * Converts seconds as a number, or '500ms', '15s', '10m', '1h', '2d' (no unit: seconds), to milliseconds; undefined if
 * it is neither.
 */
export function parseDuration(value: unknown): number | undefined {
  const ms = toMs(value);
  return ms !== undefined && Number.isFinite(ms) ? ms : undefined;
}

function toMs(value: unknown): number | undefined {
  if (typeof value === 'number') return value * 1000;
  if (typeof value !== 'string') return undefined;
  const match = DURATION.exec(value);
  return match ? Number(match[1]) * (UNIT_MS[match[2] ?? 's'] ?? 1000) : undefined;
}
