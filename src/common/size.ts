const KIBI = 1024;
const UNIT_BYTES: Readonly<Record<string, number>> = {
  '': 1,
  k: KIBI,
  m: KIBI ** 2,
  g: KIBI ** 3,
  t: KIBI ** 4,
};

const SIZE = /^\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*$/i;

/**
 * Converts bytes as a number, or '512k', '10MB', '1.5 GiB' (a kilobyte is 1024 bytes), to whole bytes; undefined if it
 * is neither.
 */
export function parseSize(value: unknown): number | undefined {
  const bytes = toBytes(value);
  const whole = bytes === undefined ? -1 : Math.round(bytes);
  return Number.isSafeInteger(whole) && whole >= 0 ? whole : undefined;
}

function toBytes(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return undefined;
  const match = SIZE.exec(value);
  return match ? Number(match[1]) * (UNIT_BYTES[(match[2] ?? '').toLowerCase()] ?? 1) : undefined;
}
