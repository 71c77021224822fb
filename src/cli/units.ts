const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A short form for people: `0.3s`, `12s`, `5m`, `3h 20m`, `4d 2h`. */
export function shortTime(ms: number): string {
  if (ms < 10 * SECOND) return `${(Math.max(0, ms) / SECOND).toFixed(1)}s`;
  if (ms < MINUTE) return `${String(Math.floor(ms / SECOND))}s`;
  if (ms < HOUR) return `${String(Math.floor(ms / MINUTE))}m`;
  if (ms < DAY) return both(ms, HOUR, 'h', MINUTE, 'm');
  return both(ms, DAY, 'd', HOUR, 'h');
}

function both(ms: number, great: number, greatName: string, small: number, smallName: string): string {
  const whole = Math.floor(ms / great);
  const rest = Math.floor((ms - whole * great) / small);
  return rest === 0
    ? `${String(whole)}${greatName}`
    : `${String(whole)}${greatName} ${String(rest)}${smallName}`;
}

const MEBI = 1024 ** 2;
const GIBI = 1024 ** 3;

export function shortSize(bytes: number): string {
  if (bytes >= GIBI) return `${(bytes / GIBI).toFixed(1)}G`;
  return `${(bytes / MEBI).toFixed(bytes < 100 * MEBI ? 1 : 0)}M`;
}

export function shortShare(share: number): string {
  return `${String(Math.round(share * 100))}%`;
}

/** `1 worker`, `3 workers`. */
export function counted(count: number, what: string): string {
  return `${String(count)} ${what}${count === 1 ? '' : 's'}`;
}
