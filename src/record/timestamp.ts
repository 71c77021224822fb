const LAST_DATE_MS = 8.64e15;

// Most records share their second with the previous one: only the milliseconds change.
let cachedSecond = Number.NaN;
let cachedPrefix = '';
let cachedSuffix = '';

/** `2026-11-22 15:28:00.123 +0000` in the local time zone. */
export function formatTimestamp(timeMs: number): string {
  const valid = validTime(timeMs);
  const second = Math.floor(valid / 1000);
  if (second !== cachedSecond) fillCache(second);
  return cachedPrefix + pad(Math.floor(valid - second * 1000), 3) + cachedSuffix;
}

/** A time that Date can show: a wrong clock must not make logging throw. */
export function validTime(timeMs: number): number {
  return Math.abs(timeMs) <= LAST_DATE_MS ? timeMs : 0;
}

function fillCache(second: number): void {
  const date = new Date(second * 1000);
  const day = `${pad(date.getFullYear(), 4)}-${pad(date.getMonth() + 1, 2)}-${pad(date.getDate(), 2)}`;
  const time = `${pad(date.getHours(), 2)}:${pad(date.getMinutes(), 2)}:${pad(date.getSeconds(), 2)}`;
  const east = -date.getTimezoneOffset();
  const minutes = Math.abs(east);
  cachedSecond = second;
  cachedPrefix = `${day} ${time}.`;
  cachedSuffix = ` ${east < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60), 2)}${pad(minutes % 60, 2)}`;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
